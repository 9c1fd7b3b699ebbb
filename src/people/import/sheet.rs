//! The sheet as it was written: its delimiter, its header, its rows; and the rejected rows in the same form.

use csv::{ByteRecord, ReaderBuilder, Trim, WriterBuilder};

use super::header::{Layout, Mapping};
use super::presets::Preset;
use super::report::{DeviceVerdict, ImportReport};

/// The column that a list of rejects has more than what was imported.
pub(super) const REJECTED_BECAUSE: &str = "rejected_because";

/// What stands between two values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delimiter {
    /// Whatever the header makes sense with.
    #[default]
    Auto,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
}

impl Delimiter {
    /// Every delimiter, in the order of the help.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Comma, Self::Semicolon, Self::Tab];

    /// The word for the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Auto => b",;\t",
            Self::Comma => b",",
            Self::Semicolon => b";",
            Self::Tab => b"\t",
        }
    }
}

/// What cannot be read as a list of devices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Nothing in it.
    #[error("it is empty: a header is needed, and a row for each device")]
    Empty,
    /// In an encoding that is none of ours.
    #[error("it is not in UTF-8; save it as \"CSV UTF-8\"")]
    Encoding,
    /// There is no column of serial numbers.
    #[error("it has no column of serial numbers; its columns are {}", .0.join(", "))]
    NoSerial(Vec<String>),
}

/// A list of devices.
#[derive(Clone, Debug)]
pub struct Sheet {
    delimiter: u8,
    header: ByteRecord,
    pub(super) layout: Layout,
    pub(super) records: Vec<ByteRecord>,
    /// The line on which each record begins.
    pub(super) lines: Vec<u64>,
}

impl Sheet {
    /// Reads a sheet.
    ///
    /// # Errors
    /// It is none; see [`SheetError`].
    pub fn read(
        text: &[u8],
        delimiter: Delimiter,
        preset: Option<Preset>,
        mappings: &[Mapping],
    ) -> Result<Self, SheetError> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
            return Err(SheetError::Encoding);
        }
        let readings = delimiter.bytes().iter().map(|byte| {
            let mut header = ByteRecord::new();
            let found = reader(*byte, text).read_byte_record(&mut header).unwrap_or(false);
            let names: Vec<String> =
                header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
            let layout = Layout::read(names.iter().map(String::as_str), preset, mappings);
            (found, *byte, header, names, layout)
        });
        // The first of the best: a comma unless another one makes more sense.
        let mut best = None;
        for reading in readings {
            let worth = |(found, _, header, _, layout): &(bool, u8, ByteRecord, Vec<String>, Layout)| {
                (*found, layout.has_serial(), header.len())
            };
            if best.as_ref().is_none_or(|known| worth(&reading) > worth(known)) {
                best = Some(reading);
            }
        }
        let Some((true, delimiter, header, names, layout)) = best else { return Err(SheetError::Empty) };
        if !layout.has_serial() {
            let text = std::str::from_utf8(text);
            return Err(if text.is_err() { SheetError::Encoding } else { SheetError::NoSerial(names) });
        }
        let mut reader = reader(delimiter, text);
        let (mut records, mut lines, mut record) = (Vec::new(), Vec::new(), ByteRecord::new());
        // Bytes in memory can always be read; what is in them is each row's own matter. The header comes first.
        let mut is_row = false;
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            if is_row && !record.iter().all(|value| value.trim_ascii().is_empty()) {
                lines.push(record.position().map_or(0, |at| line(text, at)));
                records.push(record.clone());
            }
            is_row = true;
        }
        Ok(Self { delimiter, header, layout, records, lines })
    }

    /// Columns that nobody understands, by name.
    pub fn unknown_columns(&self) -> &[String] {
        &self.layout.unknown
    }

    /// Columns that another one makes superfluous, by name.
    pub fn columns_passed_over(&self) -> &[String] {
        &self.layout.passed_over
    }

    pub(super) fn width(&self) -> usize {
        self.header.len()
    }

    /// The rejected rows as they were written, each with its reason, to be mended and imported.
    pub fn rejects(&self, report: &ImportReport) -> Vec<u8> {
        let reason_at = self.header.iter().position(|name| name == REJECTED_BECAUSE.as_bytes());
        let mut writer = WriterBuilder::new().delimiter(self.delimiter).flexible(true).from_writer(Vec::new());
        let without = |record: &ByteRecord| -> Vec<Vec<u8>> {
            let kept = record.iter().enumerate().filter(|(index, _)| Some(*index) != reason_at);
            kept.map(|(_, value)| value.to_vec()).collect()
        };
        let width = self.header.len() - usize::from(reason_at.is_some());
        let write = |writer: &mut csv::Writer<Vec<u8>>, mut values: Vec<Vec<u8>>, last: &str| {
            // A row that is too short has its reason in the right column all the same.
            values.resize(values.len().max(width), Vec::new());
            values.push(last.as_bytes().to_vec());
            // Memory takes everything.
            let _ = writer.write_record(values);
        };
        write(&mut writer, without(&self.header), REJECTED_BECAUSE);
        for verdict in report.rows.iter().filter(|row| row.device == DeviceVerdict::Rejected) {
            if let Some(record) = verdict.record.and_then(|index| self.records.get(index)) {
                write(&mut writer, without(record), verdict.reason.as_deref().unwrap_or_default());
            }
        }
        writer.into_inner().unwrap_or_default()
    }
}

/// The line at which a record begins: what is left of the line before and empty lines are passed over.
fn line(text: &[u8], at: &csv::Position) -> u64 {
    let rest = usize::try_from(at.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let before = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    at.line() + before.filter(|byte| **byte == b'\n').count() as u64
}

fn reader(delimiter: u8, text: &[u8]) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).trim(Trim::None).from_reader(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Sheet, SheetError> {
        Sheet::read(text, Delimiter::Auto, None, &[])
    }

    #[test]
    fn bom_line_ends_and_delimiters_are_found() {
        for text in [
            "serial_number,user\nC02,a@b\n",
            "\u{feff}serial_number,user\r\nC02,a@b\r\n\r\n",
            "\u{feff}Serial Number;User\r\nC02;a@b\r\n;\r\n",
            "serial\tuser\nC02\ta@b",
            "\"serial\";\"user\"\n\"C02\";\"a@b\"",
        ] {
            let sheet = read(text.as_bytes()).unwrap();
            assert_eq!((sheet.records.len(), sheet.width(), &sheet.lines[..]), (1, 2, &[2][..]), "{text:?}");
            assert_eq!(sheet.records[0].get(1), Some(&b"a@b"[..]));
        }
    }

    #[test]
    fn a_column_alone_is_a_sheet_and_the_header_may_come_again_as_a_row() {
        assert_eq!(read(b"serial\nA\nB\n").unwrap().records.len(), 2);
        assert_eq!(read(b"serial\n").unwrap().records.len(), 0);
        assert_eq!(read(b"serial\r\n\r\nA\r\n\"B\nb\"\r\nC\r\n").unwrap().lines, [3, 4, 6]);
        assert_eq!(read(b"serial\nserial\n").unwrap().records.len(), 1);
    }

    #[test]
    fn what_is_no_sheet_is_said_to_be_none() {
        assert_eq!(read(b"").unwrap_err(), SheetError::Empty);
        assert_eq!(read(b"\xef\xbb\xbf\n\n").unwrap_err(), SheetError::Empty);
        assert_eq!(read(b"\xff\xfes\0e\0").unwrap_err(), SheetError::Encoding);
        assert_eq!(read(b"name,f\xfcr\nx,y").unwrap_err(), SheetError::Encoding);
        assert_eq!(read(b"name;colour\nx;y").unwrap_err(), SheetError::NoSerial(vec!["name".into(), "colour".into()]));
    }
}
