//! Importing a sheet: all rows are read, then all devices and people are looked up at once, then row by row is decided
//! and done.

use std::collections::HashMap;

use super::decide::{Decision, EvidenceStep, Ground, Holder, decide};
use super::report::{DeviceVerdict, HolderVerdict, ImportReport, RowVerdict};
use super::row::{Called, Unreadable, Wanted, Wish, read};
use super::sheet::Sheet;
use crate::model::IntegrationId;
use crate::people::latest;
use crate::store::devices::{AskedRow, RowFacts};
use crate::store::{DeviceWriter, NewAssignment, StoreError};

/// Which devices a sheet may speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportMode {
    /// New and known ones.
    #[default]
    Upsert,
    /// New ones.
    Add,
    /// Known ones.
    Update,
}

impl ImportMode {
    /// Every mode, in the order of the help.
    pub const ALL: [Self; 3] = [Self::Upsert, Self::Add, Self::Update];

    /// The word for the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upsert => "upsert",
            Self::Add => "add",
            Self::Update => "update",
        }
    }
}

/// How to import.
pub struct ImportOptions<'a> {
    /// Which devices the sheet may speak of.
    pub mode: ImportMode,
    /// Devices that are pinned to somebody may be given to somebody else, or taken away.
    pub move_pinned: bool,
    /// If devices that are not in the sheet are to be taken out: whether so many (of so many) may be.
    pub remove_absent: Option<&'a dyn Fn(u64, u64) -> bool>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// More devices are not in the sheet than may be taken out.
    #[error("{absent} of {devices} devices are not in the list and would be taken out")]
    TooManyAbsent {
        /// How many.
        absent: u64,
        /// Of how many.
        devices: u64,
    },
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many rows are looked at together.
const CHUNK: usize = 1000;

/// Imports a sheet; every row gets its verdict. Rows that cannot be taken are set aside and change nothing.
///
/// # Errors
/// See [`ImportError`]; then nothing must be kept of it.
pub fn import(
    writer: &DeviceWriter<'_>,
    sheet: &Sheet,
    options: &ImportOptions<'_>,
) -> Result<ImportReport, ImportError> {
    let mut rows: Vec<Result<Wish, Unreadable>> =
        sheet.records.iter().map(|record| read(&sheet.layout, sheet.width(), record)).collect();
    let any_unnamed = rows.iter().any(|row| row.as_ref().is_err_and(|row| row.serial.is_none()));
    reject_repeated(&mut rows);
    let named = integrations(writer, &rows)?;
    let of = |wish: &Wish| wish.integration.as_ref().and_then(|name| named.get(name)).map(Vec::as_slice);
    writer.ask(rows.iter().map(|row| asked(row, of)))?;
    let known = writer.count()?;
    let (now, latest) = (writer.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), latest(writer.now()));
    let mut report = ImportReport::default();
    for first in (0..rows.len()).step_by(CHUNK) {
        let facts = writer.row_facts(first, CHUNK)?;
        for (index, (row, facts)) in (first..).zip(rows[first..].iter().zip(facts)) {
            let line = sheet.lines.get(index).copied();
            let verdict = match row {
                Err(row) => rejected(row.told.clone(), row.reason.clone()),
                Ok(wish) => {
                    let ground = Ground {
                        mode: options.mode,
                        move_pinned: options.move_pinned,
                        now: &now,
                        latest: &latest,
                        integrations: of(wish),
                    };
                    match decide(wish, &facts, ground) {
                        Err(reason) => rejected(Some(wish.serial.given.clone()), reason),
                        Ok(decision) => carry_out(writer, wish, facts, &decision)?,
                    }
                }
            };
            report.rows.push(RowVerdict { line, record: Some(index), ..verdict });
        }
    }
    if let Some(may_remove) = options.remove_absent {
        if any_unnamed {
            report.absent_kept_because = Some("some rows have no serial number that can be read");
        } else {
            remove_absent(writer, may_remove, known, &mut report)?;
        }
    }
    Ok(report)
}

/// Of two rows about the same device neither is taken: nobody knows which is right.
fn reject_repeated(rows: &mut [Result<Wish, Unreadable>]) {
    let key = |row: &Result<Wish, Unreadable>| match row {
        Ok(wish) => Some(wish.serial.key.clone()),
        Err(row) => row.serial.as_ref().map(|serial| serial.key.clone()),
    };
    let mut times: HashMap<String, usize> = HashMap::with_capacity(rows.len());
    for key in rows.iter().filter_map(key) {
        *times.entry(key).or_default() += 1;
    }
    for row in rows {
        let many = key(row).and_then(|key| times.get(&key).copied()).unwrap_or(1);
        if let Ok(wish) = row
            && many > 1
        {
            let (serial, told) = (Some(wish.serial.clone()), Some(wish.serial.given.clone()));
            *row = Err(Unreadable { serial, told, reason: format!("the serial number stands in {many} rows") });
        }
    }
}

/// The directories the rows name.
fn integrations(
    writer: &DeviceWriter<'_>,
    rows: &[Result<Wish, Unreadable>],
) -> Result<HashMap<String, Vec<IntegrationId>>, StoreError> {
    let mut named = HashMap::new();
    for name in rows.iter().flatten().filter_map(|wish| wish.integration.as_ref()) {
        if !named.contains_key(name) {
            named.insert(name.clone(), writer.integrations_ever_named(name)?);
        }
    }
    Ok(named)
}

fn asked<'a>(row: &'a Result<Wish, Unreadable>, of: impl Fn(&Wish) -> Option<&'a [IntegrationId]>) -> AskedRow<'a> {
    let wish = match row {
        Ok(wish) => wish,
        // It counts as in the sheet, so that it is not taken out for being absent.
        Err(row) => {
            let serial_key = row.serial.as_ref().map(|serial| serial.key.as_str()).unwrap_or_default();
            return AskedRow { serial_key, ..AskedRow::default() };
        }
    };
    let (user, external_id) = match &wish.holder {
        Wanted::Be(Called { user, external_id }) => (user.as_deref(), external_id.as_deref()),
        _ => (None, None),
    };
    AskedRow { serial_key: &wish.serial.key, user, external_id, integrations: of(wish) }
}

fn rejected(serial: Option<String>, reason: String) -> RowVerdict {
    let (device, assignment, user) = (DeviceVerdict::Rejected, None, None);
    RowVerdict { line: None, serial, device, assignment, user, reason: Some(reason), record: None }
}

fn carry_out(
    writer: &DeviceWriter<'_>,
    wish: &Wish,
    facts: RowFacts,
    decision: &Decision,
) -> Result<RowVerdict, StoreError> {
    let (mut device, mut verdict) = match facts.device {
        Some(device) => {
            let changed = writer.change(&device, &decision.fields)? > 0;
            (device, if changed { DeviceVerdict::Changed } else { DeviceVerdict::Unchanged })
        }
        None => (writer.add(&wish.serial.given, decision.fields.clone())?, DeviceVerdict::Added),
    };
    match &decision.holder {
        Holder::Give(person) => {
            let (pinned, reason) = (wish.pin == Some(true), wish.reason.as_deref());
            writer.assign(&device, person, &NewAssignment { source: "import", pinned, reason })?;
        }
        Holder::Take(_) => writer.unassign(&device, "import", wish.reason.as_deref())?,
        Holder::Already(_) => {
            writer.confirm(&device, &NewAssignment { source: "import", pinned: false, reason: None })?;
        }
        Holder::Leave | Holder::Wait(_) => {}
    }
    if let Some(pin) = decision.pin {
        writer.pin(&device, pin)?;
    }
    for step in &decision.evidence {
        match step {
            EvidenceStep::Keep(evidence) => writer.set_evidence(&device, evidence)?,
            EvidenceStep::Drop(kind) => writer.drop_evidence(&device, *kind)?,
        }
    }
    if verdict == DeviceVerdict::Unchanged && (decision.pin.is_some() || !decision.evidence.is_empty()) {
        verdict = DeviceVerdict::Changed;
    }
    let (assignment, user) = match decision.holder.verdict() {
        Some((verdict, user)) => (Some(verdict), user.map(str::to_owned)),
        None => (None, None),
    };
    if assignment == Some(HolderVerdict::Unassigned) && verdict == DeviceVerdict::Unchanged {
        verdict = DeviceVerdict::Changed;
    }
    let serial = Some(std::mem::take(&mut device.serial));
    Ok(RowVerdict {
        line: None,
        serial,
        device: verdict,
        assignment,
        user,
        reason: decision.note.clone(),
        record: None,
    })
}

/// Takes out what is not in the sheet, but for what somebody holds: that is for somebody to decide.
fn remove_absent(
    writer: &DeviceWriter<'_>,
    may_remove: &dyn Fn(u64, u64) -> bool,
    devices: u64,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    let absent = writer.not_asked()?;
    let free = absent.iter().filter(|device| device.holding.is_none()).count() as u64;
    if free > 0 && !may_remove(free, devices) {
        return Err(ImportError::TooManyAbsent { absent: free, devices });
    }
    for device in absent {
        let (verdict, reason) = match &device.holding {
            Some(holding) => {
                (DeviceVerdict::Kept, Some(format!("not in the list, but held by {}", holding.person.label)))
            }
            None => {
                writer.remove(&device, "import", None)?;
                (DeviceVerdict::Removed, Some("not in the list".to_owned()))
            }
        };
        let serial = Some(device.serial);
        let row =
            RowVerdict { line: None, serial, device: verdict, assignment: None, user: None, reason, record: None };
        report.rows.push(row);
    }
    Ok(())
}
