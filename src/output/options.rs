//! How to print: decided once by the command line, then only read.

/// An output format as asked for with `-o`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// One JSON document: an array of objects, or one object.
    Json,
    /// One JSON object per line.
    JsonLines,
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values with a header.
    Tsv,
}

impl Format {
    /// Every format, in the order of the help.
    pub const ALL: [Self; 5] = [Self::Table, Self::Json, Self::JsonLines, Self::Csv, Self::Tsv];

    /// The word for the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
        }
    }
}

/// Everything [`super::Ui`] has to know beforehand.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `None`: a table on a terminal, plain tab-separated columns in a pipe.
    pub format: Option<Format>,
    /// The columns asked for, in that order; empty: the command's own choice.
    pub columns: Vec<String>,
    /// In comma-separated values, nothing is left that a spreadsheet would run.
    pub spreadsheet_safe: bool,
    /// Show every default column, uncut.
    pub wide: bool,
    /// Silence everything on stderr but errors.
    pub quiet: bool,
    /// Talk is shown by the log (see [`super::TALK`]), among its lines and as they look.
    pub talk_is_logged: bool,
    /// How often `-v` was given.
    pub verbosity: u8,
    /// Colour on stdout.
    pub color_out: bool,
    /// Colour on stderr.
    pub color_talk: bool,
    /// Whether a person reads stdout.
    pub terminal_out: bool,
    /// Whether a person reads stderr.
    pub terminal_talk: bool,
    /// The terminal's width, where it is known.
    pub width: Option<usize>,
}

/// What is really printed, after looking at where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Table,
    /// The table's columns, complete and tab-separated.
    Plain,
    Json,
    JsonLines,
    Csv,
    Tsv,
}

impl Options {
    pub(super) fn shape(&self) -> Shape {
        match self.format {
            Some(Format::Table) => Shape::Table,
            Some(Format::Json) => Shape::Json,
            Some(Format::JsonLines) => Shape::JsonLines,
            Some(Format::Csv) => Shape::Csv,
            Some(Format::Tsv) => Shape::Tsv,
            None if self.terminal_out => Shape::Table,
            None => Shape::Plain,
        }
    }
}
