//! `dirsync devices import`: a sheet in, a verdict on every row out.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::command::change;
use crate::cli::values::word;
use crate::cli::{CliError, Context, ErrorKind, Exit};
use crate::output::{Cell, Column, Listing, thousands};
use crate::people::import::{
    Delimiter, DeviceVerdict, ImportCounts, ImportMode, ImportOptions, ImportReport, Mapping, Preset, RowVerdict,
    Sheet, SheetError, import,
};
use crate::sync::guard::RemovalLimit;

/// Import a list of devices (CSV), all or nothing but for the rows that are rejected
///
/// The first line names the columns: serial_number, user, user_external_id, integration, device_name, platform, model,
/// asset_tag, blueprint, tags, udid, imei, mdm_id, shared, enrolled_by, enrolled_at, directory_owner, last_user,
/// last_user_at, last_seen_at, pin, reason; only the first is needed. An empty value leaves things as they are, null clears (and
/// unassigns). A user who is not here yet gets the device on the sync that brings them. Rows that cannot be taken are
/// rejected with their reason, and the exit code is 3; so are rows with a time more than a day in the future. A ' that keeps
/// a spreadsheet from running a value is taken off.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices import devices.csv --dry-run
  dirsync devices import devices.csv --rejects rejects.csv
  dirsync devices import intune.csv --preset intune -o jsonl
  export-devices | dirsync devices import - --map 'Computer Name=device_name' --map Owner=user
  dirsync devices import all.csv --remove-absent --max-remove 20")]
pub(super) struct ImportArgs {
    /// The file; - reads standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Whose export it is, where columns are named otherwise
    #[arg(long, value_name = "MANAGER", value_parser = word(Preset::ALL, Preset::as_str))]
    preset: Option<Preset>,
    /// What a column means (COLUMN=FIELD), or that it means nothing (COLUMN=ignore)
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<Mapping>,
    /// What stands between two values
    #[arg(long, value_name = "WHAT", default_value = "auto", value_parser = word(Delimiter::ALL, Delimiter::as_str))]
    delimiter: Delimiter,
    /// Which devices the list may speak of: all, new ones, known ones
    #[arg(long, value_name = "MODE", default_value = "upsert", value_parser = word(ImportMode::ALL, ImportMode::as_str))]
    mode: ImportMode,
    /// Show what would become of every row, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the rejected rows here, each with its reason; mended, they can be imported
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Let the list decide also about devices that are pinned to somebody
    #[arg(long)]
    move_pinned: bool,
    /// Take out the devices that are not in the list, but for those somebody holds
    #[arg(long)]
    remove_absent: bool,
    /// How many of them at most (20) or what share (5%); 10 %, and fewer than 5, unless told
    #[arg(long, value_name = "N|P%", requires = "remove_absent")]
    max_remove: Option<RemovalLimit>,
}

pub(super) fn run(context: &Context, args: &ImportArgs) -> Result<Exit, CliError> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => context.prompt.file("Which file?", "FILE: a list of devices, or - for standard input")?,
    };
    let name = if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() };
    if let Some(rejects) = &args.rejects
        && same_file(rejects, &file)
    {
        return Err(CliError::usage("--rejects names the file that is to be imported").hint("choose another"));
    }
    let text = contents(&file).map_err(|error| {
        CliError::new(ErrorKind::Failed, format!("cannot read {name}: {error}")).hint("nothing was changed")
    })?;
    let sheet =
        Sheet::read(&text, args.delimiter, args.preset, &args.map).map_err(|error| unreadable(&name, &error))?;
    drop(text);
    for (columns, what) in [
        (sheet.unknown_columns(), "not understood and not read"),
        (sheet.columns_passed_over(), "not read, for another column says the same"),
    ] {
        if !columns.is_empty() {
            context.ui.warn(&format!("columns {what}: {}", columns.join(", ")));
        }
    }
    let limit = args.max_remove.unwrap_or_default();
    let may_remove = |absent, devices| !limit.exceeded(absent, devices);
    let options = ImportOptions {
        mode: args.mode,
        move_pinned: args.move_pinned,
        remove_absent: args.remove_absent.then_some(&may_remove),
    };
    let mut store = context.writer()?;
    let report = change(context, &mut store, args.dry_run, |writer| {
        let report = import(writer, &sheet, &options)?;
        // Before anything is final: whoever wants the rejects must not be left without them.
        if let Some(path) = &args.rejects {
            write_private(path, &sheet.rejects(&report)).map_err(|error| {
                CliError::new(ErrorKind::Failed, format!("cannot write {}: {error}", path.display()))
                    .hint("nothing was changed")
            })?;
        }
        Ok(report)
    })?;
    show(context, args, &report)
}

/// Writes a file that only its owner may read, for people's addresses are in it.
fn write_private(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text)
}

fn contents(file: &Path) -> std::io::Result<Vec<u8>> {
    if file.as_os_str() != "-" {
        return std::fs::read(file);
    }
    let mut text = Vec::new();
    std::io::stdin().lock().read_to_end(&mut text)?;
    Ok(text)
}

fn same_file(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().ok().is_some_and(|path| other.canonicalize().is_ok_and(|it| it == path))
}

fn unreadable(name: &str, error: &SheetError) -> CliError {
    let told = CliError::new(ErrorKind::Failed, format!("{name} cannot be read as a list of devices: {error}"));
    match error {
        SheetError::NoSerial(_) => {
            told.hint("--map 'COLUMN=serial_number' says which it is, --preset knows some managers")
        }
        _ => told.hint("'dirsync devices import --help' describes what a list looks like"),
    }
}

/// Rows go to whoever asked for data or for a rehearsal; others read what was rejected and the numbers.
fn show(context: &Context, args: &ImportArgs, report: &ImportReport) -> Result<Exit, CliError> {
    const TOLD: usize = 20;
    let counts = report.counts();
    if args.dry_run || context.ui.options().format.is_some() {
        context.ui.list(&listing().when_empty("the list has no rows"), &report.rows)?;
    } else {
        let rejected: Vec<&RowVerdict> =
            report.rows.iter().filter(|row| row.device == DeviceVerdict::Rejected).collect();
        for row in rejected.iter().take(TOLD) {
            let line = row.line.unwrap_or_default();
            let serial = row.serial.as_deref().unwrap_or("no serial number");
            context.ui.warn(&format!("line {line} ({serial}): {}", row.reason.as_deref().unwrap_or_default()));
        }
        if rejected.len() > TOLD {
            let more = thousands(i64::try_from(rejected.len() - TOLD).unwrap_or(i64::MAX));
            context.ui.warn(&format!("{more} more rows were rejected; --rejects FILE or -o csv shows all"));
        }
    }
    if let Some(reason) = report.absent_kept_because {
        context.ui.warn(&format!("nothing was taken out for not being in the list: {reason}"));
    }
    context.ui.say(&in_words(args, &counts));
    Ok(if counts.rejected > 0 || report.absent_kept_because.is_some() { Exit::Partial } else { Exit::Done })
}

fn in_words(args: &ImportArgs, counts: &ImportCounts) -> String {
    let number = |number: u64| thousands(i64::try_from(number).unwrap_or(i64::MAX));
    let head = if args.dry_run { "would import" } else { "imported" };
    let mut words = vec![format!("{head} {}", number(counts.imported))];
    for (count, word) in [(counts.added, "added"), (counts.changed, "changed")] {
        words.push(format!("{word} {}", number(count)));
    }
    for (count, word) in [
        (counts.assigned, "assigned"),
        (counts.already, "already"),
        (counts.waiting, "waiting"),
        (counts.unassigned, "unassigned"),
        (counts.removed, "removed"),
        (counts.rejected, "rejected"),
    ] {
        if count > 0 {
            words.push(format!("{word} {}", number(count)));
        }
    }
    let see = args.rejects.as_ref().filter(|_| counts.rejected > 0);
    words.join(", ") + &see.map(|path| format!(" (see {})", path.display())).unwrap_or_default()
}

fn listing() -> Listing<RowVerdict> {
    Listing::new(vec![
        Column::new("line", |it: &RowVerdict| {
            it.line.and_then(|line| i64::try_from(line).ok()).map_or(Cell::Empty, Cell::Id)
        })
        .right()
        .priority(70),
        Column::new("serial", |it: &RowVerdict| (&it.serial).into()).priority(100).min_width(12),
        Column::new("device", |it: &RowVerdict| Cell::word(it.device.as_str())).priority(95),
        Column::new("assignment", |it: &RowVerdict| it.assignment.map_or(Cell::Empty, |it| Cell::word(it.as_str())))
            .priority(90),
        Column::new("user", |it: &RowVerdict| (&it.user).into()).priority(80).min_width(20),
        Column::new("reason", |it: &RowVerdict| (&it.reason).into()).priority(85).min_width(24),
    ])
}
