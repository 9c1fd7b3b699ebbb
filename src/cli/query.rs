//! `dirsync query`.

use std::sync::Arc;

use clap::Args;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{CliError, Context, Exit};
use crate::output::{Cell, Column, Listing};
use crate::store::{SqlValue, StoreError};

/// Run read-only SQL on the directory
///
/// The views v1_users, v1_groups, v1_memberships, v1_devices, v1_changes and v1_runs are stable: their columns are the
/// keys of the JSON output. The tables behind them are not. Nothing can be written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync query 'SELECT status, count(*) AS people FROM v1_users GROUP BY status'
  dirsync query -o csv \"SELECT email, manager FROM v1_users WHERE department = 'Sales'\" > sales.csv")]
pub struct QueryArgs {
    /// One SELECT statement
    #[arg(value_name = "SQL")]
    sql: String,
}

/// A row and the names of its values.
#[derive(Debug)]
struct SqlRow {
    names: Arc<[String]>,
    values: Vec<SqlValue>,
}

impl Serialize for SqlRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.names.len()))?;
        for (name, value) in self.names.iter().zip(&self.values) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

pub(super) fn run(context: &Context, args: &QueryArgs) -> Result<Exit, CliError> {
    let mut store = context.reader()?;
    let mut query = store.query(&args.sql).map_err(refused)?;
    let names: Arc<[String]> = query.columns().into();
    let listing =
        Listing::new(names.iter().enumerate().map(|(index, name)| column(index, name)).collect()).when_empty("no rows");
    let mut rows = context.ui.rows(&listing)?;
    let ended = query.each(|values| Ok::<_, CliError>(rows.push(&SqlRow { names: names.clone(), values })?));
    context.stop.check()?;
    ended?;
    rows.finish()?;
    Ok(Exit::Done)
}

/// Wrong SQL is the user's, anything else the database's.
fn refused(error: StoreError) -> CliError {
    match error {
        StoreError::Sql(message) => CliError::usage(message).hint("'dirsync query --help' names the views to read"),
        StoreError::Refused => CliError::usage("a query only reads, and this would do more"),
        error => error.into(),
    }
}

fn column(index: usize, name: &str) -> Column<SqlRow> {
    Column::new(name.to_owned(), move |row: &SqlRow| match row.values.get(index) {
        Some(SqlValue::Integer(number)) => Cell::Id(*number),
        Some(SqlValue::Real(number)) => Cell::Float(*number),
        Some(SqlValue::Text(text)) => text.into(),
        Some(SqlValue::Null) | None => Cell::Empty,
    })
}
