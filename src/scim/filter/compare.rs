//! One value against what a filter says, by the type of the attribute (RFC 7644 §3.4.2.2).

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Number, Value};

use super::fold::folded;
use super::tree::{Literal, Operator};
use crate::scim::schema::{Attribute, Kind};

/// Whether any of `values` meets `operator literal`. Not equal is also what has no value at all; of several values one
/// that differs is enough, as one is for every other operator.
pub(super) fn any_meets(attribute: &Attribute, operator: Operator, literal: &Literal, values: &[&Value]) -> bool {
    match operator {
        Operator::Ne => values.is_empty() || values.iter().any(|it| !meets(attribute, Operator::Eq, literal, it)),
        _ => values.iter().any(|it| meets(attribute, operator, literal, it)),
    }
}

fn meets(attribute: &Attribute, operator: Operator, literal: &Literal, value: &Value) -> bool {
    let by_order = |order: Option<Ordering>| order.is_some_and(|order| is_met(operator, order));
    match attribute.kind {
        Kind::Complex => false,
        Kind::Boolean => match (value_boolean(value), boolean(literal)) {
            (Some(value), Some(wanted)) => operator == Operator::Eq && value == wanted,
            _ => false,
        },
        Kind::Integer | Kind::Decimal => by_order(value_number(value).zip(number(literal)).and_then(by_size)),
        Kind::DateTime if !is_about_text(operator) => {
            let value = value.as_str().and_then(moment_of);
            by_order(value.zip(moment(literal)).map(|(value, wanted)| value.cmp(&wanted)))
        }
        Kind::DateTime | Kind::String | Kind::Reference | Kind::Binary => {
            let (Some(value), Some(wanted)) = (value_text(value), text(literal)) else { return false };
            // Without its quotes the case of a boolean is lost.
            let exact = attribute.case_exact && !matches!(literal, Literal::Boolean(_));
            let (value, wanted) = (folded(&value, exact), folded(&wanted, exact));
            match operator {
                Operator::Co => value.contains(&*wanted),
                Operator::Sw => value.starts_with(&*wanted),
                Operator::Ew => value.ends_with(&*wanted),
                _ => is_met(operator, value.cmp(&wanted)),
            }
        }
    }
}

fn is_about_text(operator: Operator) -> bool {
    matches!(operator, Operator::Co | Operator::Sw | Operator::Ew)
}

fn is_met(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Gt => order.is_gt(),
        Operator::Ge => order.is_ge(),
        Operator::Lt => order.is_lt(),
        Operator::Le => order.is_le(),
        Operator::Co | Operator::Sw | Operator::Ew => false,
    }
}

/// What is written for a boolean; clients put it in quotes and in capitals.
pub(super) fn boolean(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Boolean(boolean) => Some(*boolean),
        Literal::Text(text) => boolean_of(text),
        Literal::Null | Literal::Number(_) => None,
    }
}

fn value_boolean(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| boolean_of(value.as_str()?))
}

fn boolean_of(text: &str) -> Option<bool> {
    [true, false].into_iter().find(|boolean| text.eq_ignore_ascii_case(if *boolean { "true" } else { "false" }))
}

fn number(literal: &Literal) -> Option<Cow<'_, Number>> {
    match literal {
        Literal::Number(number) => Some(Cow::Borrowed(number)),
        Literal::Text(text) => super::cursor::number(text).map(Cow::Owned),
        Literal::Null | Literal::Boolean(_) => None,
    }
}

fn value_number(value: &Value) -> Option<Cow<'_, Number>> {
    match value {
        Value::Number(number) => Some(Cow::Borrowed(number)),
        Value::String(text) => super::cursor::number(text).map(Cow::Owned),
        _ => None,
    }
}

fn by_size((value, wanted): (Cow<'_, Number>, Cow<'_, Number>)) -> Option<Ordering> {
    match (value.as_i128(), wanted.as_i128()) {
        (Some(value), Some(wanted)) => Some(value.cmp(&wanted)),
        _ => value.as_f64()?.partial_cmp(&wanted.as_f64()?),
    }
}

/// What is written as text: without quotes a number is one as well.
pub(super) fn text(literal: &Literal) -> Option<Cow<'_, str>> {
    match literal {
        Literal::Text(text) => Some(Cow::Borrowed(text)),
        Literal::Number(number) => Some(Cow::Owned(number.to_string())),
        Literal::Boolean(boolean) => Some(Cow::Borrowed(if *boolean { "true" } else { "false" })),
        Literal::Null => None,
    }
}

fn value_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(_) | Value::Bool(_) => Some(Cow::Owned(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The moment that is written.
pub(super) fn moment(literal: &Literal) -> Option<Timestamp> {
    match literal {
        Literal::Text(text) => moment_of(text),
        Literal::Null | Literal::Boolean(_) | Literal::Number(_) => None,
    }
}

/// Without an offset it is UTC. In a query a `+` that is not escaped arrives as a space.
fn moment_of(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    if let Some((moment, offset)) = text.rsplit_once(' ')
        && let Ok(moment) = format!("{moment}+{offset}").parse()
    {
        return Some(moment);
    }
    TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_clients_write_them() {
        let utc: Timestamp = "2015-10-10T21:38:21.8617979Z".parse().unwrap();
        assert_eq!(moment_of("2015-10-10T14:38:21.8617979-07:00"), Some(utc));
        assert_eq!(moment_of("2015-10-10T23:38:21.8617979 02:00"), Some(utc));
        assert_eq!(moment_of("2015-10-10T21:38:21.8617979"), Some(utc));
        assert_eq!(moment_of("2015-10-10"), "2015-10-10T00:00:00Z".parse().ok());
        assert_eq!(moment_of("yesterday"), None);
    }

    #[test]
    fn numbers_are_compared_by_size() {
        // No attribute of the schemas is a number so far.
        let whole = Attribute::new("n", Kind::Integer, "");
        let wanted = |text: &str| Literal::Number(super::super::cursor::number(text).unwrap());
        let meets = |operator, text: &str, value: Value| any_meets(&whole, operator, &wanted(text), &[&value]);
        assert!(meets(Operator::Eq, "5.0", 5.into()) && meets(Operator::Gt, "9", 10.into()));
        assert!(meets(Operator::Lt, "18446744073709551615", u64::MAX.wrapping_sub(1).into()));
        assert!(!meets(Operator::Co, "5", 5.into()) && meets(Operator::Ne, "5", 6.into()));
        assert!(any_meets(&whole, Operator::Le, &Literal::Text("7".into()), &[&7.into()]));
    }
}
