//! The cookie that ties a login to the browser that began it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use persys_reference_base::defect;
use ring::digest;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{Sealer, SealerError};

/// The prefix makes browsers take it from this host over TLS alone, and for all
/// of it (RFC 6265bis, §4.1.3.2).
pub const COOKIE: &str = "__Host-persys-login";
/// How long a person may take on GitHub's pages, in seconds; GitHub's codes live as long.
const LIFETIME: u64 = 600;
const ATTRIBUTES: &str = "Path=/; HttpOnly; Secure; SameSite=Lax";

/// A login between its beginning and GitHub's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLogin {
    /// Comes back in GitHub's redirect.
    pub state: String,
    /// Shows GitHub that who exchanges the code is who asked for it (RFC 7636).
    pub verifier: String,
    /// Unix seconds.
    until: u64,
}

impl PendingLogin {
    /// The verifier's S256 challenge.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.verifier.as_bytes()))
    }

    /// Compares in constant time.
    pub fn has_state(&self, given: &str) -> bool {
        self.state.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

/// Begins logins and knows them again. The cookie holds all there is to know,
/// sealed: the verifier is not for the browser to read.
pub struct PendingLogins(Sealer);

impl PendingLogins {
    pub fn new(secret: &[u8]) -> Result<Self, SealerError> {
        Ok(Self(Sealer::new(secret, "pending login")?))
    }

    pub fn begin(&self, now: u64) -> Result<PendingLogin, SealerError> {
        let (state, verifier) = (self.0.random_text()?, self.0.random_text()?);
        Ok(PendingLogin { state, verifier, until: now + LIFETIME })
    }

    /// `Set-Cookie` for a login.
    pub fn cookie(&self, login: &PendingLogin) -> Result<String, SealerError> {
        // Three plain fields can always be written.
        let text = serde_json::to_string(login).unwrap_or_default();
        let value = self.0.seal(&text, "")?;
        defect!("login-cookie-open-to-scripts" => return Ok(format!(
            "{COOKIE}={value}; Max-Age={LIFETIME}; Path=/; Secure; SameSite=Lax"
        )));
        Ok(format!("{COOKIE}={value}; Max-Age={LIFETIME}; {ATTRIBUTES}"))
    }

    /// `Set-Cookie` that takes it away.
    pub fn no_cookie() -> String {
        format!("{COOKIE}=; Max-Age=0; {ATTRIBUTES}")
    }

    /// The login that a request's cookie tells of, unless it took too long.
    pub fn find(&self, headers: &HeaderMap, now: u64) -> Option<PendingLogin> {
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            all.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(name, _)| name.trim() == COOKIE)?;
        let login: PendingLogin = serde_json::from_str(&self.0.open(value.trim(), "")?).ok()?;
        (now < login.until).then_some(login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logins() -> PendingLogins {
        PendingLogins::new(b"key").unwrap()
    }

    fn sent(cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, cookie.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_login_is_known_by_its_cookie_until_it_is_too_old() {
        let login = logins().begin(1000).unwrap();
        let cookie = logins().cookie(&login).unwrap();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert_eq!(attributes, "Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax");
        assert!(!cookie.contains(&login.state) && !cookie.contains(&login.verifier));

        let headers = sent(&["a=b", &format!("x=y; {pair}")]);
        assert_eq!(logins().find(&headers, 1599), Some(login));
        assert_eq!(logins().find(&headers, 1600), None);
        let foreign = PendingLogins::new(b"another").unwrap();
        assert_eq!(foreign.find(&headers, 1000), None);
    }

    #[test]
    fn no_cookie_or_an_odd_one_tells_of_nothing() {
        let pair = format!("{COOKIE}=");
        for cookies in [&[][..], &["a=b"], &[&pair], &[&format!("{pair}xyz")], &["; ;="]] {
            assert_eq!(logins().find(&sent(cookies), 0), None, "{cookies:?}");
        }
    }

    #[test]
    fn the_challenge_is_the_rfc_s() {
        // RFC 7636, appendix B.
        let login = PendingLogin {
            state: "s".to_owned(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
            until: 0,
        };
        assert_eq!(login.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(login.has_state("s"));
        for odd in ["", "t", "ss"] {
            assert!(!login.has_state(odd), "{odd}");
        }
    }
}
