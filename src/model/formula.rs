//! Values that a spreadsheet would run as a formula: disarmed by a `'` before them, as people do by hand, and read back.
//! What has such a `'` of its own gets another one, so that what is read back is what was written.

/// Whether a spreadsheet would run it, if every `'` at its beginning were taken off.
fn would_run(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The value as a spreadsheet takes it for text; `None`: it is so already.
pub fn disarmed(text: &str) -> Option<String> {
    would_run(text).then(|| format!("'{text}"))
}

/// The value with one more `'` if it looks disarmed, though that is its own; `None`: it does not.
pub fn kept(text: &str) -> Option<String> {
    disarmed(text).filter(|_| text.starts_with('\''))
}

/// The value that was [`disarmed`] or [`kept`].
pub fn rearmed(text: &str) -> &str {
    text.strip_prefix('\'').filter(|_| would_run(text)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_back_is_what_was_written() {
        for (text, safe, as_it_is) in [
            ("=1+1", Some("'=1+1"), None),
            ("'=1+1", Some("''=1+1"), Some("''=1+1")),
            ("+49 1", Some("'+49 1"), None),
            ("''-", Some("'''-"), Some("'''-")),
            ("7-7", None, None),
            ("'quoted'", None, None),
            ("", None, None),
        ] {
            assert_eq!((disarmed(text).as_deref(), kept(text).as_deref()), (safe, as_it_is), "{text}");
            assert_eq!(rearmed(safe.unwrap_or(text)), text);
            assert_eq!(rearmed(as_it_is.unwrap_or(text)), text);
        }
    }
}
