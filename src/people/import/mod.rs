//! Importing a list of devices: the sheet as it was written, what each row wishes, what becomes of it, all at once.

mod decide;
mod header;
mod presets;
mod report;
mod row;
mod run;
mod sheet;

pub use header::{InvalidMapping, Mapping};
pub use presets::Preset;
pub use report::{DeviceVerdict, HolderVerdict, ImportCounts, ImportReport, RowVerdict};
pub use run::{ImportError, ImportMode, ImportOptions, import};
pub use sheet::{Delimiter, Sheet, SheetError};
