//! What became of each row, and of all of them together.

use serde::Serialize;

/// What became of a row's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceVerdict {
    /// New here.
    Added,
    /// Known, with another value somewhere.
    Changed,
    /// Known and the same.
    Unchanged,
    /// The row was set aside.
    Rejected,
    /// Not in the sheet, and taken out.
    Removed,
    /// Not in the sheet, but somebody holds it.
    Kept,
}

impl DeviceVerdict {
    /// The stable word for scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Rejected => "rejected",
            Self::Removed => "removed",
            Self::Kept => "kept",
        }
    }
}

/// What became of a row's user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderVerdict {
    /// Has the device now.
    Assigned,
    /// Had it before.
    Already,
    /// Is not here yet and gets it on the sync that brings them.
    Waiting,
    /// Nobody has it any more.
    Unassigned,
}

impl HolderVerdict {
    /// The stable word for scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Already => "already",
            Self::Waiting => "waiting",
            Self::Unassigned => "unassigned",
        }
    }
}

/// What became of one row; field names are the keys of the JSON output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowVerdict {
    /// The line it begins on; `None`: a device that is not in the sheet.
    pub line: Option<u64>,
    /// The serial number, if there is one.
    pub serial: Option<String>,
    /// What became of the device.
    pub device: DeviceVerdict,
    /// What became of the user; `None`: the row says nothing of one.
    pub assignment: Option<HolderVerdict>,
    /// Who: of `unassigned` the one who had it, of `waiting` as told.
    pub user: Option<String>,
    /// Why it was rejected or kept; of others, what is worth knowing.
    pub reason: Option<String>,
    /// Which record of the sheet it is.
    #[serde(skip)]
    pub(super) record: Option<usize>,
}

/// How many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportCounts {
    /// Rows that were taken, the unchanged ones included.
    pub imported: u64,
    /// New devices.
    pub added: u64,
    /// Devices with another value somewhere.
    pub changed: u64,
    /// Devices given to somebody.
    pub assigned: u64,
    /// Devices whose user had them before.
    pub already: u64,
    /// Devices whose user is not here yet.
    pub waiting: u64,
    /// Devices taken from somebody.
    pub unassigned: u64,
    /// Devices taken out because they are not in the sheet.
    pub removed: u64,
    /// Rows set aside.
    pub rejected: u64,
}

/// What an import did or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Row by row, then the devices that are not in the sheet, if that mattered.
    pub rows: Vec<RowVerdict>,
    /// Why nothing that is not in the sheet was taken out, though that was wanted.
    pub absent_kept_because: Option<&'static str>,
}

impl ImportReport {
    /// All of it in numbers.
    pub fn counts(&self) -> ImportCounts {
        let mut counts = ImportCounts::default();
        for row in &self.rows {
            match row.device {
                DeviceVerdict::Added => counts.added += 1,
                DeviceVerdict::Changed => counts.changed += 1,
                DeviceVerdict::Rejected => counts.rejected += 1,
                DeviceVerdict::Removed => counts.removed += 1,
                DeviceVerdict::Unchanged | DeviceVerdict::Kept => {}
            }
            if row.line.is_some() && row.device != DeviceVerdict::Rejected {
                counts.imported += 1;
            }
            match row.assignment {
                Some(HolderVerdict::Assigned) => counts.assigned += 1,
                Some(HolderVerdict::Already) => counts.already += 1,
                Some(HolderVerdict::Waiting) => counts.waiting += 1,
                Some(HolderVerdict::Unassigned) => counts.unassigned += 1,
                None => {}
            }
        }
        counts
    }
}
