//! Letters without their case. One function for all: what the store keeps to be looked up by, and what a filter asks.

use std::borrow::Cow;

/// `text` as it is compared where upper and lower case are one (RFC 7643 §2.2, `caseExact`). Letter by letter, so that
/// a part of a folded text is the folded part of it: the two small sigmas of Greek, which differ by their place in the
/// word, are one.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).map(|char| if char == 'ς' { 'σ' } else { char }).collect()
}

/// Folded unless case matters.
pub(super) fn folded(text: &str, exact: bool) -> Cow<'_, str> {
    if exact { Cow::Borrowed(text) } else { Cow::Owned(fold(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_gone_in_every_script() {
        assert_eq!(fold("Bjensen@Example.COM"), "bjensen@example.com");
        assert_eq!(fold("ZOË ÅÄÖ"), "zoë åäö");
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_eq!(fold("ИВАН"), "иван");
        assert_eq!(fold(&fold("İSTANBUL ẞ")), fold("İSTANBUL ẞ"));
    }
}
