//! A place in the text of a filter and the steps that are taken there. Every byte is passed a bounded number of times.

use serde_json::Number;

/// A place in a text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// What a quoted text is not.
pub(super) enum Unquoted {
    /// It has no end.
    Open,
    /// It is not what JSON takes for a text.
    NotJson,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte it is at.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes back to where it was.
    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Passes space; whether there was any.
    pub(super) fn space(&mut self) -> bool {
        !self.run(char::is_whitespace).is_empty()
    }

    /// Passes `wanted`, if it is next.
    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let is_next = self.peek() == Some(wanted);
        if is_next {
            self.at += wanted.len_utf8();
        }
        is_next
    }

    /// Passes all that is `wanted`.
    pub(super) fn run(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|char| !wanted(char)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Passes a text in quotes, which begins here.
    pub(super) fn quoted(&mut self) -> Result<String, Unquoted> {
        let rest = self.rest();
        let mut escaped = true; // the opening quote closes nothing
        for (place, byte) in rest.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    let text = rest.get(..=place).unwrap_or_default();
                    self.at += text.len();
                    return serde_json::from_str(text).map_err(|_| Unquoted::NotJson);
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        Err(Unquoted::Open)
    }
}

/// A number as JSON writes it. Rust's own reading of decimals, unlike `serde_json`'s, is exact to the last digit, so
/// that what is printed reads the same.
pub(super) fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(unsigned);
    if whole == 0 || (whole > 1 && unsigned.starts_with('0')) {
        return None;
    }
    let mut rest = unsigned.get(whole..)?;
    if rest.is_empty() {
        let small = text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from));
        return small.ok().or_else(|| Number::from_f64(text.parse().ok()?));
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        rest = fraction.get(count..).filter(|_| count > 0)?;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let count = digits(exponent);
        rest = exponent.get(count..).filter(|_| count > 0)?;
    }
    if rest.is_empty() { Number::from_f64(text.parse().ok()?) } else { None }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_json_takes_for_one() {
        let read = |text: &str| number(text).map(|number| number.to_string());
        for text in ["0", "-1", "12", "1.5", "18446744073709551615", "-9223372036854775808"] {
            assert_eq!(read(text).as_deref(), Some(text));
        }
        assert_eq!(read("1e3").as_deref(), Some("1000.0"));
        assert_eq!(read("1.5E-3").as_deref(), Some("0.0015"));
        for text in ["", "-", "01", "-01", "1.", ".5", "1e", "1e+", "+1", "1e400", "1x", "0x1", "NaN", "inf"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
