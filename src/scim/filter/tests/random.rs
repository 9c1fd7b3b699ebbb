//! Random trees, texts and parts of them.

use proptest::prelude::*;
use proptest::strategy::Union;

use crate::scim::filter::{Filter, Literal, Operator, PatchPath};
use crate::scim::schema::AttributePath;

/// An operator.
pub(super) fn operator() -> impl Strategy<Value = Operator> {
    let words = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
    prop::sample::select(words.to_vec()).prop_map(|word| Operator::of(word).unwrap())
}

fn literal() -> impl Strategy<Value = Literal> {
    let number = |number: f64| Literal::Number(serde_json::Number::from_f64(number).unwrap());
    Union::new_weighted(vec![
        (1, Just(Literal::Null).boxed()),
        (1, any::<bool>().prop_map(Literal::Boolean).boxed()),
        (1, any::<i64>().prop_map(|it| Literal::Number(it.into())).boxed()),
        (1, prop::num::f64::NORMAL.prop_map(number).boxed()),
        (3, any::<String>().prop_map(Literal::Text).boxed()),
        (1, "[ -~]{0,8}".prop_map(Literal::Text).boxed()),
    ])
}

fn path() -> impl Strategy<Value = AttributePath> {
    let sub = prop::option::of("[a-z][A-Za-z0-9_-]{0,4}");
    let urn = prop::option::weighted(0.2, "urn:[a-z]{1,3}(:[0-9]\\.[0-9])?:[A-Z][a-z]{0,3}");
    let name = "[a-zA-Z][A-Za-z0-9_-]{0,6}".prop_filter("words that scim_v2 keeps", |name| {
        !["true", "false", "null"].contains(&name.as_str()) && !name.eq_ignore_ascii_case("not")
    });
    (urn, name, sub).prop_map(|(urn, name, sub)| AttributePath { urn, name, sub })
}

fn term() -> impl Strategy<Value = Filter> {
    prop_oneof![
        path().prop_map(Filter::Present),
        (path(), operator(), literal()).prop_map(|(path, operator, literal)| Filter::Compare(path, operator, literal)),
    ]
}

/// Filters of `leaf`, joined and negated.
pub(super) fn grown(leaf: impl Strategy<Value = Filter> + 'static) -> BoxedStrategy<Filter> {
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::all),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::any),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
    .boxed()
}

/// Any filter the strict grammar can write.
pub(super) fn filter() -> BoxedStrategy<Filter> {
    let value = (path(), grown(term())).prop_map(|(path, inner)| Filter::Value(path, Box::new(inner)));
    grown(prop_oneof![3 => term(), 1 => value])
}

/// Any path of PATCH the strict grammar can write.
pub(super) fn patch_path() -> impl Strategy<Value = PatchPath> {
    let sub = prop::option::of(
        "[a-z][A-Za-z0-9_-]{0,4}"
            .prop_filter("words that scim_v2 keeps", |name| !["true", "false", "null"].contains(&name.as_str())),
    );
    (path(), prop::option::of(grown(term())), sub).prop_map(|(mut attribute, filter, sub)| {
        if filter.is_some() {
            attribute.sub = None;
        }
        PatchPath { attribute, sub: sub.filter(|_| filter.is_some()), filter }
    })
}

/// A change of a text: something is put in, left out or written twice.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// This, at that place.
    Put(usize, String),
    /// So many characters from that place.
    Leave(usize, usize),
    /// So many characters from that place once more.
    Repeat(usize, usize),
}

/// Up to five changes, mostly of what matters to the grammar.
pub(super) fn changes() -> impl Strategy<Value = Vec<Change>> {
    let words = [
        " ", "  ", "\t", "\u{a0}", "(", ")", "[", "]", "\"", ".", ":", "-", "$", "\\", "not", "not ", "and", " and ",
        " or ", "or", " eq ", "eq", " pr", "pr", "pr ", "true", "True", "null", "false", "0", "1", "01", "1.5", "1e3",
        "-", "e", "a", "z", "_", "\u{e4}", "x.y", "urn:a:b", "'", ",", "\n", "\"x\"", "NOT (", "EQ", " Pr",
    ];
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let change = prop_oneof![
        3 => (any::<usize>(), prop::sample::select(words)).prop_map(|(at, text)| Change::Put(at, text)),
        2 => (any::<usize>(), 1_usize..4).prop_map(|(at, count)| Change::Leave(at, count)),
        1 => (any::<usize>(), 1_usize..8).prop_map(|(at, count)| Change::Repeat(at, count)),
    ];
    prop::collection::vec(change, 0..5)
}

/// `text`, changed.
pub(super) fn changed(text: &str, changes: &[Change]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for change in changes {
        let place = |at: usize| at % (chars.len() + 1);
        match change {
            Change::Put(at, text) => {
                let at = place(*at);
                chars.splice(at..at, text.chars());
            }
            Change::Leave(at, count) => {
                let at = place(*at);
                chars.drain(at..(at + count).min(chars.len()));
            }
            Change::Repeat(at, count) => {
                let at = place(*at);
                let again = chars[at..(at + count).min(chars.len())].to_vec();
                chars.splice(at..at, again);
            }
        }
    }
    chars.into_iter().collect()
}
