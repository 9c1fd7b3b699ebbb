//! Conditions as SQL: every value is bound, so that the statement's text tells only the shape; a value that is missing
//! makes a condition false, never unknown, so that a negation is the opposite.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use rusqlite::types::Value;

use super::super::resource_condition::{Comparison, ResourceCondition};
use super::moments::fine_stamp;
use super::page::ResourceKind;

/// A condition on `scim_users s` or `scim_groups s` with what is bound to it; `?1` is the integration.
#[derive(Debug)]
pub(super) struct Where {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    kind: ResourceKind,
}

impl Where {
    pub(super) fn new(kind: ResourceKind, integration: i64, condition: &ResourceCondition) -> Self {
        let sql = match kind {
            ResourceKind::User => "s.integration_id = ?1 AND s.deleted_at IS NULL",
            ResourceKind::Group => "s.integration_id = ?1",
        };
        let mut made = Self { sql: sql.into(), values: vec![integration.into()], kind };
        if !matches!(condition, ResourceCondition::All(all) if all.is_empty()) {
            made.sql.push_str(" AND ");
            made.add(condition);
        }
        made
    }

    /// Binds a value; returns its place.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn add(&mut self, condition: &ResourceCondition) {
        use ResourceCondition as C;
        use ResourceKind::{Group, User};
        match (condition, self.kind) {
            (C::All(all), _) => self.join(all, " AND ", "1"),
            (C::Any(any), _) => self.join(any, " OR ", "0"),
            (C::Not(inner), _) => {
                self.sql.push_str("NOT (");
                self.add(inner);
                self.sql.push(')');
            }
            (C::Id(id), _) => self.text("s.scim_id", Comparison::Equal, id),
            (C::ExternalId(comparison, value), _) => self.text_if_any("s.external_id", *comparison, value),
            (C::Name(comparison, value), User) => self.text("s.user_name_key", *comparison, value),
            (C::Name(comparison, value) | C::DisplayName(comparison, value), Group) => {
                self.text("s.name_key", *comparison, value);
            }
            (C::DisplayName(comparison, value), User) => self.text_if_any("s.display_name_key", *comparison, value),
            (C::Email(comparison, value), User) => {
                self.sql.push_str("s.user_id IN (SELECT e.user_id FROM scim_emails e WHERE e.integration_id = ?1 AND ");
                self.text("e.value_key", *comparison, value);
                self.sql.push(')');
            }
            (C::Active(active), User) => {
                let place = self.bind(*active);
                self.sql.push_str(&format!("(s.active IS NOT NULL AND s.active = {place})"));
            }
            (C::Created(comparison, at), _) => self.moment("s.created_at", *comparison, *at),
            (C::Modified(comparison, at), _) => self.moment("s.modified_at", *comparison, *at),
            (C::Member(id), Group) => {
                let place = self.bind(id.clone());
                self.sql.push_str(&format!(
                    "s.group_id IN (SELECT m.group_id FROM memberships m WHERE m.member_external_id = {place})"
                ));
            }
            (C::InGroup(id), User) => {
                let place = self.bind(id.clone());
                self.sql.push_str(&format!(
                    "s.user_id IN (SELECT u.user_id FROM groups g CROSS JOIN memberships m ON m.group_id = g.id
                     CROSS JOIN scim_users u ON u.integration_id = ?1 AND u.scim_id = m.member_external_id
                         AND u.deleted_at IS NULL
                     WHERE g.integration_id = ?1 AND g.external_id = {place})"
                ));
            }
            // The other kind of resource has no such thing.
            (C::Email(..) | C::Active(_) | C::InGroup(_), Group) | (C::Member(_), User) => {
                self.sql.push('0');
            }
        }
    }

    /// Joined in halves: SQLite bounds how deep an expression may be, and a long chain is deep.
    fn join(&mut self, parts: &[ResourceCondition], by: &str, nothing: &str) {
        match parts {
            [] => self.sql.push_str(nothing),
            [one] => self.add(one),
            _ => {
                let (left, right) = parts.split_at(parts.len() / 2);
                self.sql.push('(');
                self.join(left, by, nothing);
                self.sql.push_str(by);
                self.join(right, by, nothing);
                self.sql.push(')');
            }
        }
    }

    fn text_if_any(&mut self, column: &str, comparison: Comparison, value: &str) {
        self.sql.push_str(&format!("({column} IS NOT NULL AND "));
        self.text(column, comparison, value);
        self.sql.push(')');
    }

    /// Byte by byte. `LIKE` would fold and take wildcards, and functions on texts end at a NUL, so that the middle and
    /// the end are looked at as bytes; a beginning is a range, which an index knows.
    fn text(&mut self, column: &str, comparison: Comparison, value: &str) {
        let bytes = || Value::Blob(value.as_bytes().to_vec());
        let sql = match comparison {
            Comparison::StartsWith => {
                let from = self.bind(value.to_owned());
                let to = self.bind(successor(value));
                format!("({column} >= {from} AND {column} < {to})")
            }
            Comparison::Contains => {
                let place = self.bind(bytes());
                format!("instr(CAST({column} AS BLOB), {place}) > 0")
            }
            Comparison::EndsWith => {
                let place = self.bind(bytes());
                // Of nothing, substr() makes NULL.
                format!(
                    "coalesce(substr(CAST({column} AS BLOB), length(CAST({column} AS BLOB)) - length({place}) + 1), x'')
                     = {place}"
                )
            }
            _ => {
                let place = self.bind(value.to_owned());
                format!("{column} {} {place}", operator(comparison))
            }
        };
        self.sql.push_str(&sql);
    }

    /// Stored moments have milliseconds. One in between is after all that are not later, and equals none.
    fn moment(&mut self, column: &str, comparison: Comparison, at: Timestamp) {
        use Comparison::{Contains, EndsWith, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, StartsWith};
        let whole = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Floor);
        let (below, comparison) = match at.round(whole) {
            Ok(below) if below != at => match comparison {
                Greater | GreaterOrEqual => (below, Some(Greater)),
                Less | LessOrEqual => (below, Some(LessOrEqual)),
                Equal | StartsWith | Contains | EndsWith => (below, None),
            },
            _ => (at, Some(comparison)),
        };
        let place = self.bind(fine_stamp(below));
        let sql = match comparison {
            None | Some(StartsWith | Contains | EndsWith) => format!("({place} IS NULL)"),
            Some(comparison) => format!("{column} {} {place}", operator(comparison)),
        };
        self.sql.push_str(&sql);
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal | Comparison::StartsWith | Comparison::Contains | Comparison::EndsWith => "=",
    }
}

/// The least text that is greater than all that begin with `prefix`. Where there is none, a blob: greater than any text.
fn successor(prefix: &str) -> Value {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            chars.push(next);
            return Value::Text(chars.into_iter().collect());
        }
    }
    Value::Blob(Vec::new())
}
