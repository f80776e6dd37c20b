//! Hides a text from the caller who carries it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce},
    error::Unspecified,
    hkdf,
    rand::{SecureRandom, SystemRandom},
};

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("get random bytes of the system")]
pub struct SealerError;

impl From<Unspecified> for SealerError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

/// Seals with AES-256-GCM. Each purpose has a key of its own, so that what was
/// sealed for one cannot be passed off for another.
pub struct Sealer {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Sealer {
    pub fn new(secret: &[u8], purpose: &str) -> Result<Self, SealerError> {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"persys-gateway").extract(secret);
        let info = [purpose.as_bytes()];
        let key = LessSafeKey::new(extracted.expand(&info, &AES_256_GCM)?.into());
        Ok(Self { key, random: SystemRandom::new() })
    }

    /// Seals a text that can be opened with the same `owner` alone.
    pub fn seal(&self, text: &str, owner: &str) -> Result<String, SealerError> {
        let nonce: [u8; NONCE_LEN] = self.random_bytes()?;
        let mut hidden = text.as_bytes().to_vec();
        let (nonce_used, owner) = (Nonce::assume_unique_for_key(nonce), Aad::from(owner));
        self.key.seal_in_place_append_tag(nonce_used, owner, &mut hidden)?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &hidden].concat()))
    }

    /// The text, if it was sealed here for this owner and is whole.
    pub fn open(&self, sealed: &str, owner: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, hidden) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut hidden = hidden.to_vec();
        let (nonce, owner) = (Nonce::assume_unique_for_key(*nonce), Aad::from(owner));
        let text = self.key.open_in_place(nonce, owner, &mut hidden).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }

    /// 256 bits that nobody can guess, in 43 characters.
    pub fn random_text(&self) -> Result<String, SealerError> {
        Ok(URL_SAFE_NO_PAD.encode(self.random_bytes::<32>()?))
    }

    fn random_bytes<const N: usize>(&self) -> Result<[u8; N], SealerError> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(secret: &[u8], purpose: &str) -> Sealer {
        Sealer::new(secret, purpose).unwrap()
    }

    #[test]
    fn a_sealed_text_is_opened_by_who_sealed_it_even_after_a_restart() {
        let sealed = sealer(b"key", "token").seal("gho_1", "octocat").unwrap();
        assert!(!sealed.contains("gho"));
        assert_eq!(sealer(b"key", "token").open(&sealed, "octocat").as_deref(), Some("gho_1"));
        assert_ne!(sealed, sealer(b"key", "token").seal("gho_1", "octocat").unwrap());
    }

    #[test]
    fn another_key_purpose_or_owner_opens_nothing() {
        let own = sealer(b"key", "token");
        let sealed = own.seal("gho_1", "octocat").unwrap();
        assert_eq!(own.open(&sealed, "hubot"), None);
        assert_eq!(sealer(b"other", "token").open(&sealed, "octocat"), None);
        assert_eq!(sealer(b"key", "cookie").open(&sealed, "octocat"), None);
        for odd in ["", "AAAA", &sealed[1..], &sealed[..sealed.len() - 2], "ü"] {
            assert_eq!(own.open(odd, "octocat"), None, "{odd}");
        }
    }

    #[test]
    fn random_texts_are_long_and_never_the_same() {
        let own = sealer(b"key", "token");
        let (one, other) = (own.random_text().unwrap(), own.random_text().unwrap());
        assert_eq!(one.len(), 43);
        assert_ne!(one, other);
    }
}
