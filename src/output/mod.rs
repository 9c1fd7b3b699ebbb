//! The one room that prints. Data goes to stdout in the format asked for, talk goes to stderr: a command declares its
//! columns once in a [`Listing`] and hands over records, [`Ui`] knows terminals, pipes, colours and widths.

mod cell;
mod error;
mod journald;
mod listing;
mod machine;
mod one;
mod options;
mod progress;
mod relative;
mod report;
mod rows;
mod table;
mod ui;
mod wrap;

pub use cell::Cell;
pub use error::OutputError;
pub use journald::under_journald;
pub use listing::{Column, Listing};
pub use options::{Format, Options};
pub use progress::Progress;
pub use relative::{ago, thousands};
pub use report::Report;
pub use rows::Rows;
pub use ui::{LogLines, TALK, Ui, terminal_width};
