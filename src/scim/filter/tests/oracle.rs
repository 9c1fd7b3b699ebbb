//! The grammar against another hand's, crate `scim_v2`, and against itself: what is printed reads the same.

use proptest::prelude::*;

use super::random::{changed, changes, filter, patch_path};
use crate::scim::filter::{Grammar, parse, parse_path};

/// What is said of brackets, space and words here is where `scim_v2` leaves the standard and we do not follow.
fn is_theirs_alone(text: &str) -> bool {
    // Its `sw` is matched without regard to case in Unicode's sense, which makes a long s an s.
    if text.contains('\u{17f}') {
        return true;
    }
    // Space, then a word that begins with an operator's letters, is an operator to it wherever it stands: it refuses
    // `( preferredLanguage pr)`, because of ` pr`, and takes `(preferredLanguage pr)`.
    let mut rest = text.trim();
    while let Some(place) = rest.find(['(', '[', ')', ']', '.']) {
        rest = &rest[place + 1..];
        let word = rest.trim_start();
        if word.len() < rest.len() && word.get(..2).is_some_and(|two| is_operator(two, word)) {
            return true;
        }
    }
    false
}

fn is_operator(two: &str, word: &str) -> bool {
    let joins = ["and", "or"].iter().any(|join| {
        let (head, tail) = word.split_at_checked(join.len()).unwrap_or_default();
        head.eq_ignore_ascii_case(join) && tail.starts_with(char::is_whitespace)
    });
    let compares = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
    let spaced = word[2..].starts_with(char::is_whitespace);
    joins || two.eq_ignore_ascii_case("pr") || (spaced && compares.iter().any(|it| it.eq_ignore_ascii_case(two)))
}

/// A sub-attribute has no values of its own (RFC 7643 §2.3.8), so a path into them leads nowhere: `a.b[c pr]`.
fn has_sub_before_filter(text: &str) -> bool {
    text.split_once('[').is_some_and(|(before, _)| before.rsplit(':').next().is_some_and(|name| name.contains('.')))
}

fn agree(text: &str) -> Result<(), TestCaseError> {
    let ours = parse(text, Grammar::Strict);
    let theirs = text.parse::<scim_v2::filter::Filter>();
    if !is_theirs_alone(text) {
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}: ours {:?}, theirs {:?}", text, ours, theirs);
    }
    let Ok(ours) = ours else { return Ok(()) };
    let lenient = parse(text, Grammar::Lenient);
    prop_assert_eq!(lenient.as_ref(), Ok(&ours), "{:?}", text);
    if let Ok(theirs) = theirs {
        // Numbers are printed alike only where they are read alike; serde_json's reading is not exact.
        let printed = theirs.to_string();
        let shape = |text: &str| text.replace(|char: char| char.is_ascii_digit() || ".eE+-".contains(char), "");
        prop_assert_eq!(shape(&printed), shape(&ours.to_string()));
    }
    Ok(())
}

fn paths_agree(text: &str) -> Result<(), TestCaseError> {
    let ours = parse_path(text, Grammar::Strict);
    let theirs = text.parse::<scim_v2::filter::PatchPath>();
    if !is_theirs_alone(text) && !has_sub_before_filter(text) {
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}: ours {:?}, theirs {:?}", text, ours, theirs);
    }
    if ours.is_ok() {
        prop_assert_eq!(parse_path(text, Grammar::Lenient), ours, "{:?}", text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(tree in filter()) {
        let text = tree.to_string();
        prop_assert_eq!(parse(&text, Grammar::Strict), Ok(tree.clone()), "{:?}", &text);
        prop_assert_eq!(parse(&text, Grammar::Lenient), Ok(tree), "{:?}", &text);
    }

    #[test]
    fn a_printed_path_reads_the_same(path in patch_path()) {
        let text = path.to_string();
        prop_assert_eq!(parse_path(&text, Grammar::Strict), Ok(path.clone()), "{:?}", &text);
        prop_assert_eq!(parse_path(&text, Grammar::Lenient), Ok(path), "{:?}", &text);
    }

    #[test]
    fn strict_is_what_the_other_parser_takes(tree in filter(), changes in changes()) {
        let text = tree.to_string();
        agree(&text)?;
        agree(&changed(&text, &changes))?;
    }

    #[test]
    fn strict_paths_are_what_the_other_parser_takes(path in patch_path(), changes in changes()) {
        let text = path.to_string();
        paths_agree(&text)?;
        paths_agree(&changed(&text, &changes))?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), tree in filter(), changes in changes()) {
        for text in [text, changed(&tree.to_string(), &changes)] {
            for grammar in [Grammar::Strict, Grammar::Lenient] {
                if let Ok(tree) = parse(&text, grammar) {
                    let printed = tree.to_string();
                    prop_assert_eq!(parse(&printed, Grammar::Lenient), Ok(tree), "{:?} as {:?}", text, printed);
                }
                if let Ok(path) = parse_path(&text, grammar) {
                    prop_assert_eq!(parse_path(&path.to_string(), Grammar::Lenient), Ok(path));
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>(), tree in filter(), changes in changes()) {
        crate::scim::filter::fuzz(&bytes);
        crate::scim::filter::fuzz(changed(&tree.to_string(), &changes).as_bytes());
    }
}
