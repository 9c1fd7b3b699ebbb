//! What a command can show of one kind of record: its columns, declared once for every format.

use std::borrow::Cow;
use std::fmt;

use super::{Cell, OutputError};

type Extract<T> = Box<dyn for<'a> Fn(&'a T) -> Cell<'a> + Send + Sync>;

/// One column: a key for machines, a header for people, and how to get the value.
pub struct Column<T> {
    pub(super) key: Cow<'static, str>,
    pub(super) header: Cow<'static, str>,
    pub(super) priority: u8,
    pub(super) min_width: usize,
    pub(super) right: bool,
    extract: Extract<T>,
}

impl<T> Column<T> {
    /// A column that a table shows if there is room for it; its header is the key in capitals.
    pub fn new(
        key: impl Into<Cow<'static, str>>,
        extract: impl for<'a> Fn(&'a T) -> Cell<'a> + Send + Sync + 'static,
    ) -> Self {
        let key = key.into();
        let header = key.replace('_', " ").to_uppercase().into();
        Self { key, header, priority: 50, min_width: 14, right: false, extract: Box::new(extract) }
    }

    /// Another header; short, since a table never cuts it.
    #[must_use]
    pub fn header(mut self, header: &'static str) -> Self {
        self.header = Cow::Borrowed(header);
        self
    }

    /// How long it holds out when a table has too little room (100: to the end); 50 unless told.
    #[must_use]
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }

    /// Only for machines and for `--columns`: no table shows it by itself.
    #[must_use]
    pub fn on_demand(self) -> Self {
        self.priority(0)
    }

    /// The fewest terminal cells that text in it may be cut to.
    #[must_use]
    pub fn min_width(mut self, cells: usize) -> Self {
        self.min_width = cells;
        self
    }

    /// Aligned to the right, for numbers.
    #[must_use]
    pub fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// The same column for a record that has a `T` in it.
    fn over<U: 'static>(self, part: fn(&U) -> &T) -> Column<U>
    where
        T: 'static,
    {
        let Self { key, header, priority, min_width, right, extract } = self;
        Column { key, header, priority, min_width, right, extract: Box::new(move |record| extract(part(record))) }
    }

    pub(super) fn cell<'a>(&self, record: &'a T) -> Cell<'a> {
        (self.extract)(record)
    }
}

impl<T> fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Column").field(&self.key).finish()
    }
}

/// The columns of one kind of record and what to say when there is none.
#[derive(Debug)]
pub struct Listing<T> {
    pub(super) columns: Vec<Column<T>>,
    pub(super) when_empty: Option<String>,
    pub(super) silent: bool,
}

impl<T> Listing<T> {
    /// A listing of these columns, in the order in which the record is serialised.
    pub fn new(columns: Vec<Column<T>>) -> Self {
        Self { columns, when_empty: None, silent: false }
    }

    /// What a person at a terminal reads instead of an empty table: that there is nothing, and what to do next.
    #[must_use]
    pub fn when_empty(mut self, advice: impl Into<String>) -> Self {
        self.when_empty = Some(advice.into());
        self
    }

    /// Without a record there is nothing at all in a pipe, unless a format was asked for: cron mails whatever is printed.
    #[must_use]
    pub fn silent_when_empty(mut self) -> Self {
        self.silent = true;
        self
    }

    /// The same columns for a record that has a `T` in it, followed by some of its own.
    #[must_use]
    pub fn over<U: 'static>(self, part: fn(&U) -> &T, more: Vec<Column<U>>) -> Listing<U>
    where
        T: 'static,
    {
        let columns = self.columns.into_iter().map(|column| column.over(part)).chain(more).collect();
        Listing { columns, when_empty: self.when_empty, silent: self.silent }
    }

    /// Every key, in order.
    pub fn keys(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.key.to_string()).collect()
    }

    /// The columns named, in that order.
    pub(super) fn named(&self, asked: &[String]) -> Result<Vec<&Column<T>>, OutputError> {
        asked
            .iter()
            .map(|asked| {
                self.columns
                    .iter()
                    .find(|column| column.key.eq_ignore_ascii_case(asked.trim()))
                    .ok_or_else(|| OutputError::UnknownColumn { asked: asked.trim().to_owned(), known: self.keys() })
            })
            .collect()
    }
}
