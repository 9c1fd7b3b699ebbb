//! A sign-in service's no, as every vendor writes it (RFC 6749 §5.2) and with what some add to it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The error answer of a token endpoint, or of a redirect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Refusal {
    /// The service's error code.
    pub error: String,
    /// Its words for it; may name an account, so it is not for logs.
    #[serde(default, rename = "error_description")]
    pub description: Option<String>,
    /// A refinement of the code (Google's `error_subtype`, Microsoft's `suberror`).
    #[serde(default, rename = "error_subtype", alias = "suberror")]
    pub subtype: Option<String>,
    /// The service's own numbers for it (Microsoft's `error_codes`).
    #[serde(default, rename = "error_codes", deserialize_with = "numbers")]
    pub codes: Vec<u32>,
    /// What the next sign-in has to satisfy (a claims challenge, JSON).
    #[serde(default)]
    pub claims: Option<String>,
    /// By which the vendor's support finds this answer.
    #[serde(default)]
    pub correlation_id: Option<String>,
    /// HTTP status of the answer; 0 for a redirect.
    #[serde(skip)]
    pub status: u16,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

impl oauth2::ErrorResponse for Refusal {}

/// Numbers, and nothing where there are none: an unknown shape must not hide the error itself.
fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let all = value.as_array().into_iter().flatten();
    Ok(all.filter_map(|number| u32::try_from(number.as_u64()?).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_vendors_refusals_are_read_and_odd_numbers_hide_nothing() {
        let google: Refusal =
            serde_json::from_str(r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#).unwrap();
        assert_eq!((google.subtype.as_deref(), google.codes.len()), (Some("invalid_rapt"), 0));
        let microsoft: Refusal = serde_json::from_str(
            r#"{"error":"invalid_grant","suberror":"bad_token","error_codes":[700082],"claims":"{}","trace_id":"t"}"#,
        )
        .unwrap();
        assert_eq!((microsoft.subtype.as_deref(), &*microsoft.codes), (Some("bad_token"), &[700_082][..]));
        for odd in ["null", "7", "\"x\"", "[\"x\", -1, 70008]"] {
            let text = format!(r#"{{"error":"invalid_grant","error_codes":{odd}}}"#);
            let read: Refusal = serde_json::from_str(&text).unwrap();
            assert!(read.codes.is_empty() || read.codes == [70008], "{odd}");
        }
    }
}
