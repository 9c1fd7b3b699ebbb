//! What a refusal asks for besides a token: a claims challenge (learn.microsoft.com/entra/identity-platform/claims-challenge).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;

/// Padding is where vendors differ.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The claims (a JSON object, as text) that the next token must bring, if an answer asks for any. There may be several
/// challenges, in one header or in several, their parts in any order.
pub fn claims_challenge(headers: &HeaderMap) -> Option<String> {
    let challenges = headers.get_all(http::header::WWW_AUTHENTICATE).iter();
    challenges.filter_map(|value| claims(value.to_str().ok()?)).next()
}

fn claims(header: &str) -> Option<String> {
    let challenges = http_auth::parse_challenges(header).ok()?;
    let mut bearers = challenges.iter().filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"));
    bearers.find_map(|challenge| {
        let (_, claims) = challenge.params.iter().find(|(name, _)| name.eq_ignore_ascii_case("claims"))?;
        let encoded = claims.to_unescaped();
        let decoded = STANDARD.decode(&encoded).or_else(|_| URL_SAFE.decode(&encoded)).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).ok().map(|_| text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[&str]) -> Option<String> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append("www-authenticate", header.parse().unwrap());
        }
        claims_challenge(&map)
    }

    #[test]
    fn claims_are_found_among_challenges_in_any_order_padded_or_not() {
        let wanted = r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#;
        let encoded = STANDARD.encode(wanted);
        let bare = encoded.trim_end_matches('=');
        for header in [
            format!(
                r#"Bearer realm="", authorization_uri="https://login/x", error="insufficient_claims", claims="{encoded}""#
            ),
            format!(r#"Bearer claims="{bare}", error="insufficient_claims", realm="a, \"b\"""#),
            format!(r#"Negotiate, bearer client_id="7", CLAIMS="{encoded}""#),
        ] {
            assert_eq!(asked(&[&header]).as_deref(), Some(wanted), "{header}");
            assert_eq!(asked(&["Basic realm=\"x\"", &header]).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn what_asks_for_nothing_or_is_rubbish_is_no_claims_challenge() {
        for header in [
            "Bearer",
            r#"Bearer error="invalid_token""#,
            r#"Bearer claims="%%%""#,
            r#"Bearer claims="bm8ganNvbg==""#,
            r#"Bearer claims="WzFd""#,
            r#"Basic claims="e30=""#,
            "=,=",
        ] {
            assert_eq!(asked(&[header]), None, "{header}");
        }
        assert_eq!(claims_challenge(&HeaderMap::new()), None);
    }
}
