//! Tables that fit: one line per record, columns hidden from the least important, text cut with `…`, widths counted in
//! terminal cells. comfy-table aligns and colours; it can neither hide columns nor choose widths well (measured).

use comfy_table::{Attribute, CellAlignment, Color, ContentArrangement, Row, presets};
use jiff::Timestamp;

use super::cell::{cut, width};
use super::{Cell, Column};

/// Blanks between two columns.
const GAP: usize = 2;

/// Rows waiting for the last one.
pub(super) struct Table {
    columns: Vec<Shape>,
    rows: Vec<Vec<(String, Option<Color>)>>,
}

struct Shape {
    header: String,
    priority: u8,
    min_width: usize,
    right: bool,
    /// Widest cell so far, the header included.
    natural: usize,
    may_be_cut: bool,
    empty: bool,
}

impl Table {
    pub(super) fn new<T>(columns: &[&Column<T>]) -> Self {
        let columns = columns
            .iter()
            .map(|column| Shape {
                header: super::cell::printable(&column.header),
                priority: column.priority,
                min_width: column.min_width,
                right: column.right,
                natural: width(&column.header),
                may_be_cut: false,
                empty: true,
            })
            .collect();
        Self { columns, rows: Vec::new() }
    }

    pub(super) fn push(&mut self, cells: &[Cell<'_>], now: Timestamp) {
        let mut row = Vec::with_capacity(cells.len());
        for (shape, cell) in self.columns.iter_mut().zip(cells) {
            let text = cell.human(now);
            shape.natural = shape.natural.max(width(&text));
            shape.may_be_cut |= cell.may_be_cut();
            shape.empty &= cell.is_empty();
            row.push((text, cell.color().map(color)));
        }
        self.rows.push(row);
    }

    /// The table's lines, at most `limit` cells wide, and how many columns had to go; none goes if they were asked for.
    pub(super) fn render(self, limit: Option<usize>, asked: bool, colored: bool) -> (String, usize) {
        let widths = self.fit(limit, asked);
        let hidden = widths.iter().filter(|width| width.is_none()).count();
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
        if colored {
            table.enforce_styling();
        }
        let shown: Vec<(usize, usize)> =
            widths.iter().enumerate().filter_map(|(index, width)| width.map(|width| (index, width))).collect();
        table.set_header(shown.iter().map(|&(index, width)| {
            let cell = comfy_table::Cell::new(cut(&self.columns[index].header, width)).add_attribute(Attribute::Bold);
            if self.columns[index].right { cell.set_alignment(CellAlignment::Right) } else { cell }
        }));
        for row in &self.rows {
            let mut line = Row::from(shown.iter().map(|&(index, width)| {
                let (text, color) = &row[index];
                let mut cell = comfy_table::Cell::new(cut(text, width));
                if let Some(color) = color {
                    cell = cell.fg(*color);
                }
                if self.columns[index].right { cell.set_alignment(CellAlignment::Right) } else { cell }
            }));
            line.max_height(1);
            table.add_row(line);
        }
        let last = shown.len().saturating_sub(1);
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if index == last { 0 } else { GAP as u16 }));
        }
        let mut text = String::new();
        for line in table.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        (text, hidden)
    }

    /// A width for every column that stays.
    fn fit(&self, limit: Option<usize>, asked: bool) -> Vec<Option<usize>> {
        let mut widths: Vec<Option<usize>> = self.columns.iter().map(|shape| Some(shape.natural)).collect();
        let Some(limit) = limit else { return widths };
        let least = |index: usize| {
            let shape = &self.columns[index];
            if shape.may_be_cut { shape.natural.min(shape.min_width.max(width(&shape.header))) } else { shape.natural }
        };
        // What was asked for by name is only cut, never hidden.
        let mut may_hide = !asked;
        while may_hide {
            let shown: Vec<usize> = (0..widths.len()).filter(|&index| widths[index].is_some()).collect();
            let needed: usize = shown.iter().map(|&index| least(index)).sum::<usize>() + GAP * (shown.len().max(1) - 1);
            may_hide = needed > limit && shown.len() > 1;
            if !may_hide {
                break;
            }
            // Columns without a single value go first, then by priority, then from the right.
            let first_to_go = shown.into_iter().min_by_key(|&index| {
                let shape = &self.columns[index];
                (!shape.empty, shape.priority, usize::MAX - index)
            });
            if let Some(index) = first_to_go {
                widths[index] = None;
            }
        }
        // What is left is cut, the widest first; below its least width, words and numbers included, only where hiding
        // columns was no help.
        for least in [&least as &dyn Fn(usize) -> usize, &|_| 4] {
            while total(&widths) > limit {
                let widest = (0..widths.len())
                    .filter(|&index| widths[index].is_some_and(|width| width > least(index)))
                    .max_by_key(|&index| (widths[index], usize::MAX - index));
                match widest {
                    Some(index) => widths[index] = widths[index].map(|width| width - 1),
                    None => break,
                }
            }
        }
        widths
    }
}

/// What a table of these columns takes.
fn total(widths: &[Option<usize>]) -> usize {
    widths.iter().flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
}

fn color(color: anstyle::AnsiColor) -> Color {
    match color {
        anstyle::AnsiColor::Green => Color::DarkGreen,
        anstyle::AnsiColor::Yellow => Color::DarkYellow,
        anstyle::AnsiColor::Red => Color::DarkRed,
        _ => Color::DarkGrey,
    }
}
