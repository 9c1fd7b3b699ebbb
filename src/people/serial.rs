//! Serial numbers: kept as given, known by their canonical spelling.

/// The longest there may be, in characters; real ones have up to some forty.
const LONGEST: usize = 255;

/// A serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serial {
    /// As given, without blanks around it.
    pub given: String,
    /// By which it is known: `a` to `z` in upper case, everything else as it is.
    pub key: String,
}

/// What is no serial number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSerial {
    /// Nothing.
    #[error("the serial number is empty")]
    Empty,
    /// The word that stands for no value.
    #[error("'null' means no value and is no serial number")]
    Null,
    /// Too long.
    #[error("the serial number has {0} characters, more than {LONGEST}")]
    TooLong(usize),
    /// A line break, a tab, a mark that nobody sees.
    #[error("the serial number has an invisible character (U+{0:04X}) in it")]
    Invisible(u32),
}

impl Serial {
    /// The serial number that `text` is. Quotes and letters of any script are kept exactly; what nobody can see or type
    /// again is refused.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidSerial> {
        let given = text.trim();
        if given.is_empty() {
            return Err(InvalidSerial::Empty);
        }
        if is_null(given) {
            return Err(InvalidSerial::Null);
        }
        let length = given.chars().count();
        if length > LONGEST {
            return Err(InvalidSerial::TooLong(length));
        }
        match given.chars().find(|char| is_invisible(*char)) {
            Some(char) => Err(InvalidSerial::Invisible(char.into())),
            None => Ok(Self { given: given.to_owned(), key: given.to_ascii_uppercase() }),
        }
    }
}

/// The word that clears a value, in files and on the command line.
pub(super) fn is_null(text: &str) -> bool {
    text.eq_ignore_ascii_case("null")
}

/// Control characters, marks of direction and of width, the byte order mark; blanks other than the common one.
fn is_invisible(char: char) -> bool {
    char.is_control()
        || (char.is_whitespace() && char != ' ')
        || matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_seen_is_kept_and_known_without_regard_to_case() {
        for (text, given, key) in [
            (" c02xl0gs ", "c02xl0gs", "C02XL0GS"),
            ("A \"quoted\" one", "A \"quoted\" one", "A \"QUOTED\" ONE"),
            ("größe-ß", "größe-ß", "GRößE-ß"),
            ("山田;1,2", "山田;1,2", "山田;1,2"),
            ("=1+1", "=1+1", "=1+1"),
        ] {
            assert_eq!(Serial::parse(text), Ok(Serial { given: given.into(), key: key.into() }));
        }
        assert!(Serial::parse(&"X".repeat(LONGEST)).is_ok());
    }

    #[test]
    fn what_cannot_be_seen_or_is_absurd_is_refused_with_its_reason() {
        assert_eq!(Serial::parse("  \t"), Err(InvalidSerial::Empty));
        assert_eq!(Serial::parse("NULL"), Err(InvalidSerial::Null));
        assert_eq!(Serial::parse("a\nb"), Err(InvalidSerial::Invisible(10)));
        assert_eq!(Serial::parse("a\u{0}b"), Err(InvalidSerial::Invisible(0)));
        assert_eq!(Serial::parse("C02\u{200b}XL"), Err(InvalidSerial::Invisible(0x200b)));
        assert_eq!(Serial::parse("C02\u{a0}XL"), Err(InvalidSerial::Invisible(0xa0)));
        assert_eq!(Serial::parse(&"X".repeat(10_000)), Err(InvalidSerial::TooLong(10_000)));
    }
}
