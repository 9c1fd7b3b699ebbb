//! The user's own SQL: one statement, and nothing in it that could write.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{ErrorCode, Statement};
use serde::{Serialize, Serializer};

use super::{Store, StoreError};

/// One value of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text; a blob comes as its hexadecimal digits.
    Text(String),
}

impl Serialize for SqlValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Real(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Pragmas that only tell something.
const TELLING: &[&str] = &["table_list", "table_info", "table_xinfo", "index_list", "index_info", "foreign_key_list"];

/// A prepared reading statement.
#[derive(Debug)]
pub struct Query<'a> {
    statement: Statement<'a>,
}

impl Store {
    /// Prepares one statement that can do nothing but read.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it would do more, [`StoreError::Sql`] if it is no SQL or has no result.
    pub fn query(&mut self, sql: &str) -> Result<Query<'_>, StoreError> {
        self.db.authorizer(Some(only_reads))?;
        let statement = self.db.prepare(sql).map_err(|error| match error {
            rusqlite::Error::MultipleStatement => StoreError::Sql("one statement at a time".into()),
            rusqlite::Error::SqlInputError { msg, offset, .. } if !msg.contains("authorized") => {
                let rest = usize::try_from(offset).ok().and_then(|offset| sql.get(offset..)).unwrap_or_default();
                let near: String = rest.chars().take(20).collect();
                StoreError::Sql(if near.is_empty() { msg } else { format!("{msg} (at: {near})") })
            }
            error if error.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied) => {
                StoreError::Refused
            }
            error => error.into(),
        })?;
        if statement.column_count() == 0 {
            return Err(StoreError::Sql("this statement has no result".into()));
        }
        Ok(Query { statement })
    }

    /// What stops a statement of this connection from another thread.
    pub fn interrupter(&self) -> impl Fn() + Send + 'static {
        let handle = self.db.get_interrupt_handle();
        move || handle.interrupt()
    }
}

impl Query<'_> {
    /// The names of the result's columns, no two alike.
    pub fn columns(&self) -> Vec<String> {
        distinct(self.statement.column_names())
    }

    /// Hands the rows to `each`, one at a time.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each<E: From<StoreError>>(&mut self, mut each: impl FnMut(Vec<SqlValue>) -> Result<(), E>) -> Result<(), E> {
        let width = self.statement.column_count();
        let mut rows = self.statement.query([]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let values: Result<_, rusqlite::Error> = (0..width).map(|index| row.get_ref(index).map(value)).collect();
            each(values.map_err(StoreError::from)?)?;
        }
        Ok(())
    }
}

fn only_reads(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Function { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        AuthAction::Pragma { pragma_name, .. } if TELLING.contains(&pragma_name) => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

/// Result columns may bear one name twice; keys of an object may not.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for name in names {
        let mut key = name.to_owned();
        let mut number = 2;
        while keys.contains(&key) {
            key = format!("{name}_{number}");
            number += 1;
        }
        keys.push(key);
    }
    keys
}

fn value(value: ValueRef<'_>) -> SqlValue {
    match value {
        ValueRef::Null => SqlValue::Null,
        ValueRef::Integer(number) => SqlValue::Integer(number),
        ValueRef::Real(number) => SqlValue::Real(number),
        ValueRef::Text(text) => SqlValue::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => SqlValue::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

#[cfg(test)]
impl Store {
    /// How SQLite would go about a statement, a step a line.
    pub(crate) fn explain_for_tests(&self, sql: &str) -> String {
        let mut statement = self.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let unbound = statement.parameter_count();
        let mut rows = statement.query(rusqlite::params_from_iter(vec![1; unbound])).unwrap();
        let mut plan = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            plan.push(row.get::<_, String>("detail").unwrap());
        }
        plan.join("\n")
    }
}
