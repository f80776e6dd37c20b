use serde_json::json;

use super::*;

const KEY: &[u8] = b"a key of at least thirty-two bytes";

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// A token with any header, signed with any key as HS256 does.
fn forged(header: &Value, claims: &Value, key: &[u8]) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn verdict(token: &str) -> Result<Value, TokenError> {
    JwtKey::new(KEY).verify(token, 1000)
}

#[test]
fn a_token_is_known_again_until_its_end() {
    let claims = json!({"sub": "1", "exp": 1001});
    let token = JwtKey::new(KEY).sign(&claims).unwrap();
    assert_eq!(verdict(&token), Ok(claims));
    assert_eq!(JwtKey::new(KEY).verify::<Value>(&token, 1001), Err(TokenError::Expired));
    assert_eq!(JwtKey::new(b"another").verify::<Value>(&token, 1000), Err(TokenError::Signature));
}

#[test]
fn the_rfc_s_example_is_met() {
    // RFC 7515, appendix A.1.
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75\
               aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                 eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p\
                 c19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let key = JwtKey::new(&URL_SAFE_NO_PAD.decode(key).unwrap());
    let claims: Value = key.verify(token, 1_300_819_379).unwrap();
    assert_eq!(claims["iss"], "joe");
}

#[test]
fn no_other_algorithm_will_do() {
    let claims = json!({"sub": "1", "exp": 2000});
    for alg in ["none", "None", "", "hs256", "HS384", "HS512", "RS256", "ES256"] {
        let signed = forged(&json!({"alg": alg}), &claims, KEY);
        assert_eq!(verdict(&signed), Err(TokenError::Algorithm), "{alg}");
        let bare = format!("{}.{}.", encode(&json!({"alg": alg})), encode(&claims));
        assert_eq!(verdict(&bare), Err(TokenError::Algorithm), "{alg}");
    }
    let critical = json!({"alg": "HS256", "crit": ["exp"]});
    assert_eq!(verdict(&forged(&critical, &claims, KEY)), Err(TokenError::Algorithm));
    let unsigned = format!("{}.{}.", encode(&json!({"alg": "HS256"})), encode(&claims));
    assert_eq!(verdict(&unsigned), Err(TokenError::Signature));
    for odd in [json!({}), json!({"alg": null}), json!({"alg": ["HS256"]}), json!([])] {
        assert_eq!(verdict(&forged(&odd, &claims, KEY)), Err(TokenError::Malformed), "{odd}");
    }
}

#[test]
fn an_end_is_needed_and_is_a_whole_number() {
    let header = json!({"alg": "HS256"});
    for exp in [json!(null), json!("2000"), json!(-1), json!(2000.5), json!([2000])] {
        let token = forged(&header, &json!({"exp": exp}), KEY);
        assert_eq!(verdict(&token), Err(TokenError::Malformed), "{exp}");
    }
    assert_eq!(verdict(&forged(&header, &json!({}), KEY)), Err(TokenError::Malformed));
    assert_eq!(verdict(&forged(&header, &json!([1]), KEY)), Err(TokenError::Malformed));
}

#[test]
fn a_change_of_any_sign_is_noticed() {
    let token = JwtKey::new(KEY).sign(&json!({"sub": "1", "exp": 2000})).unwrap();
    for place in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(verdict(&changed).is_err(), "{changed}");
    }
    for odd in ["", ".", "..", "a.b", &token[1..], &format!("{token}="), &format!("{token}.x")] {
        assert!(verdict(odd).is_err(), "{odd}");
    }
}
