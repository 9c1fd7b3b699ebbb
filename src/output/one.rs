//! One thing rather than a list: a JSON object, a row of values, or a table that stands upright.

use std::borrow::Cow;
use std::io::Write;

use serde::Serialize;

use super::cell::{printable, width};
use super::machine::{Selected, comma_separated, tab_separated, values};
use super::options::Shape;
use super::wrap::wrapped;
use super::{Cell, Column, Listing, OutputError, Ui};

impl Ui {
    /// Prints one record. People see every column that has a value, `on_demand` or not; in JSON it is one object.
    ///
    /// # Errors
    /// A column asked for does not exist, or stdout refuses.
    pub fn one<T: Serialize>(&self, listing: &Listing<T>, record: &T) -> Result<(), OutputError> {
        let options = self.options();
        let asked = !options.columns.is_empty();
        let columns: Vec<&Column<T>> =
            if asked { listing.named(&options.columns)? } else { listing.columns.iter().collect() };
        let mut out = self.out();
        match options.shape() {
            Shape::Json | Shape::JsonLines if asked => {
                serde_json::to_writer(&mut out, &Selected { columns: &columns, record })?;
                out.write_all(b"\n")?;
            }
            Shape::Json => {
                serde_json::to_writer_pretty(&mut out, record)?;
                out.write_all(b"\n")?;
            }
            Shape::JsonLines => {
                serde_json::to_writer(&mut out, record)?;
                out.write_all(b"\n")?;
            }
            Shape::Csv => {
                let mut writer = csv::Writer::from_writer(self.out());
                writer.write_record(columns.iter().map(|column| &*column.key))?;
                let cells = values(&columns, record);
                writer.write_record(cells.iter().map(|cell| comma_separated(cell, options.spreadsheet_safe)))?;
                writer.flush()?;
            }
            Shape::Tsv => {
                tab_separated(&mut out, columns.iter().map(|column| Cow::Borrowed(&*column.key)))?;
                tab_separated(&mut out, values(&columns, record).iter().map(|cell| cell.plain()))?;
            }
            Shape::Plain => {
                for column in &columns {
                    let cell = column.cell(record);
                    tab_separated(&mut out, [Cow::Borrowed(&*column.key), cell.plain()].into_iter())?;
                }
            }
            Shape::Table => self.upright(&columns, record)?,
        }
        Ok(out.flush()?)
    }

    fn upright<T>(&self, columns: &[&Column<T>], record: &T) -> Result<(), OutputError> {
        let mut out = self.out();
        let head = columns.iter().map(|column| width(&column.key)).max().unwrap_or(0);
        let (bold, plain) =
            if self.options().color_out { (anstyle::Style::new().bold(), "\u{1b}[0m") } else { Default::default() };
        let options = self.options();
        let limit = options.width.filter(|_| options.terminal_out && !options.wide);
        let room = limit.map(|limit| limit.saturating_sub(head + 2));
        for column in columns {
            let name = column.key.replace('_', " ");
            let lines: Vec<String> = match column.cell(record) {
                cell if cell.is_empty() => continue,
                // A moment is worth both ways of saying it when there is a whole line for it.
                Cell::Time(at) => vec![format!("{} ({at})", super::ago(at, self.now()))],
                Cell::List(list) => list.iter().map(|entry| printable(entry)).collect(),
                Cell::Text(text) => text.lines().map(printable).collect(),
                cell => vec![cell.human(self.now())],
            };
            let fitted = |line: String| match room {
                // Broken between words; what is one word stays whole, to be copied.
                Some(room) => wrapped(&line, 0, room).split('\n').map(str::to_owned).collect(),
                None => vec![line],
            };
            for (index, line) in lines.into_iter().flat_map(fitted).enumerate() {
                let name = if index == 0 { &*name } else { "" };
                writeln!(out, "{bold}{name:head$}{plain}  {line}")?;
            }
        }
        Ok(())
    }
}
