//! A listing under way: records come one by one and leave at once where the format allows, so that a hundred thousand
//! people need no more memory than one. Only a table has to wait for its last row to know its widths.

use std::borrow::Cow;
use std::io::Write;

use serde::Serialize;

use super::machine::{Selected, comma_separated, tab_separated, values};
use super::options::Shape;
use super::table::Table;
use super::ui::Out;
use super::{Column, Listing, OutputError, Ui};

/// Where the records of one listing go; [`Rows::finish`] closes it.
pub struct Rows<'a, T> {
    ui: &'a Ui,
    columns: Vec<&'a Column<T>>,
    when_empty: Option<&'a str>,
    /// Whether the columns were named by the user rather than chosen by us.
    asked: bool,
    /// The header of a listing that has one only if it has a record.
    late_header: Option<Vec<String>>,
    count: u64,
    sink: Sink<'a>,
}

enum Sink<'a> {
    Json,
    JsonLines,
    Csv(Box<csv::Writer<Out<'a>>>),
    Tabs,
    Table(Table),
}

impl<'a, T: Serialize> Rows<'a, T> {
    pub(super) fn start(ui: &'a Ui, listing: &'a Listing<T>, shape: Shape) -> Result<Self, OutputError> {
        let options = ui.options();
        let asked = !options.columns.is_empty();
        let columns: Vec<&Column<T>> = match shape {
            _ if asked => listing.named(&options.columns)?,
            Shape::Table | Shape::Plain => listing.columns.iter().filter(|column| column.priority > 0).collect(),
            _ => listing.columns.iter().collect(),
        };
        let keys = columns.iter().map(|column| Cow::Borrowed(&*column.key));
        let mut late_header = None;
        let sink = match shape {
            Shape::Json => Sink::Json,
            Shape::JsonLines => Sink::JsonLines,
            Shape::Csv => {
                let mut writer = csv::Writer::from_writer(ui.out());
                writer.write_record(keys.map(|key| key.into_owned()))?;
                Sink::Csv(Box::new(writer))
            }
            Shape::Tsv => {
                tab_separated(&mut ui.out(), keys)?;
                Sink::Tabs
            }
            Shape::Plain if listing.silent => {
                late_header = Some(columns.iter().map(|column| column.header.to_string()).collect());
                Sink::Tabs
            }
            Shape::Plain => {
                tab_separated(&mut ui.out(), columns.iter().map(|column| Cow::Borrowed(&*column.header)))?;
                Sink::Tabs
            }
            Shape::Table => Sink::Table(Table::new(&columns)),
        };
        Ok(Self { ui, columns, when_empty: listing.when_empty.as_deref(), asked, late_header, count: 0, sink })
    }

    /// Prints one record.
    ///
    /// # Errors
    /// stdout refuses.
    pub fn push(&mut self, record: &T) -> Result<(), OutputError> {
        self.count += 1;
        if let Some(header) = self.late_header.take() {
            tab_separated(&mut self.ui.out(), header.into_iter().map(Cow::Owned))?;
        }
        match &mut self.sink {
            Sink::Json | Sink::JsonLines => {
                let mut out = self.ui.out();
                if matches!(self.sink, Sink::Json) {
                    out.write_all(if self.count == 1 { b"[\n" } else { b",\n" })?;
                }
                if self.asked {
                    serde_json::to_writer(&mut out, &Selected { columns: &self.columns, record })?;
                } else {
                    serde_json::to_writer(&mut out, record)?;
                }
                if matches!(self.sink, Sink::JsonLines) {
                    out.write_all(b"\n")?;
                }
            }
            Sink::Csv(writer) => {
                let safe = self.ui.options().spreadsheet_safe;
                writer.write_record(values(&self.columns, record).iter().map(|cell| comma_separated(cell, safe)))?;
            }
            Sink::Tabs => {
                let values = values(&self.columns, record);
                tab_separated(&mut self.ui.out(), values.iter().map(|cell| cell.plain()))?;
            }
            Sink::Table(table) => table.push(&values(&self.columns, record), self.ui.now()),
        }
        Ok(())
    }

    /// Closes the listing; returns how many records it had.
    ///
    /// # Errors
    /// stdout refuses.
    pub fn finish(self) -> Result<u64, OutputError> {
        let options = self.ui.options();
        match self.sink {
            Sink::Json => self.ui.out().write_all(if self.count == 0 { b"[]\n" } else { b"\n]\n" })?,
            Sink::Csv(mut writer) => writer.flush()?,
            Sink::JsonLines | Sink::Tabs => {}
            Sink::Table(_) if self.count == 0 => {}
            Sink::Table(table) => {
                let limit = if options.wide { None } else { options.width };
                let (text, hidden) = table.render(limit, self.asked, options.color_out);
                self.ui.out().write_all(text.as_bytes())?;
                self.ui.out().flush()?;
                if hidden > 0 {
                    let columns = if hidden == 1 { "column" } else { "columns" };
                    self.ui.aside(&format!("… {hidden} {columns} hidden, --wide shows all"));
                }
            }
        }
        self.ui.out().flush()?;
        if self.count == 0
            && options.terminal_talk
            && let Some(advice) = self.when_empty
        {
            self.ui.aside(advice);
        }
        Ok(self.count)
    }
}
