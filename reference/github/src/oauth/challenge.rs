//! Proof Key for Code Exchange, S256 alone (RFC 7636).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Why a challenge is refused; shown to the app that sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    #[error("The code_challenge_method parameter must be S256.")]
    Method,
    #[error("The code_challenge parameter is required with code_challenge_method.")]
    Missing,
    #[error("The code_challenge parameter must be 43 characters of base64url.")]
    Malformed,
}

/// Takes both parameters of an authorization request, or neither.
pub fn read_challenge(
    challenge: Option<&str>,
    method: Option<&str>,
) -> Result<Option<String>, ChallengeError> {
    match (challenge, method) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(ChallengeError::Missing),
        (Some(_), method) if method != Some("S256") => Err(ChallengeError::Method),
        (Some(challenge), _) => {
            let digest = URL_SAFE_NO_PAD.decode(challenge).ok();
            match digest.filter(|digest| digest.len() == 32) {
                Some(_) => Ok(Some(challenge.to_owned())),
                None => Err(ChallengeError::Malformed),
            }
        }
    }
}

/// Whether a verifier fits: needed with a challenge, of no account without one.
pub fn verifies(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    let Some(challenge) = challenge else { return true };
    let Some(verifier) = verifier else { return false };
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    let computed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    well_formed && computed.as_bytes().ct_eq(challenge.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_rfc_s_example_verifies_and_nothing_else_does() {
        assert!(verifies(Some(CHALLENGE), Some(VERIFIER)));
        assert!(verifies(None, None));
        for other in [None, Some(""), Some(CHALLENGE), Some(&VERIFIER[1..])] {
            assert!(!verifies(Some(CHALLENGE), other), "{other:?}");
        }
    }

    #[test]
    fn a_challenge_needs_its_method_and_its_shape() {
        assert_eq!(read_challenge(None, None), Ok(None));
        assert_eq!(read_challenge(Some(CHALLENGE), Some("S256")), Ok(Some(CHALLENGE.to_owned())));
        for (challenge, method, error) in [
            (Some(CHALLENGE), None, ChallengeError::Method),
            (Some(CHALLENGE), Some("plain"), ChallengeError::Method),
            (None, Some("S256"), ChallengeError::Missing),
            (Some("short"), Some("S256"), ChallengeError::Malformed),
            (Some(""), Some("S256"), ChallengeError::Malformed),
        ] {
            assert_eq!(read_challenge(challenge, method), Err(error));
        }
    }
}
