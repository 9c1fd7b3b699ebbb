//! Talk that fits a terminal: broken between words, so that none is cut in two; whatever is longer than a line stays whole.

use super::cell::width;

/// `line` in lines of at most `limit` cells, the first of which has `used` cells before it. Later lines are indented by
/// two cells more than the first.
pub(super) fn wrapped(line: &str, used: usize, limit: usize) -> String {
    if used + width(line) <= limit {
        return line.to_owned();
    }
    let start = line.len() - line.trim_start().len();
    let indent = " ".repeat(start + 2);
    let mut text = line[..start].to_owned();
    let mut filled = used + start;
    let mut begun = false;
    for word in line[start..].split(' ') {
        let long = width(word);
        if begun && filled + 1 + long > limit {
            text.push('\n');
            text.push_str(&indent);
            filled = indent.len();
        } else if begun {
            text.push(' ');
            filled += 1;
        }
        text.push_str(word);
        filled += long;
        begun = true;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_break_between_words_and_only_where_they_must() {
        assert_eq!(wrapped("it fits as it is", 0, 16), "it fits as it is");
        assert_eq!(wrapped("it fits as it is", 1, 16), "it fits as it\n  is");
        assert_eq!(wrapped("  joined 2: a@b.example, c@d.example", 0, 24), "  joined 2: a@b.example,\n    c@d.example");
        assert_eq!(
            wrapped("see https://an.address.example/long now", 0, 12),
            "see\n  https://an.address.example/long\n  now"
        );
    }
}
