//! What `check` finds, for Prometheus' textfile collector: a file that is there whole or not at all.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use jiff::Timestamp;

use super::check::Checked;

/// Writes `file` anew. Whoever reads it meanwhile reads the former one.
pub(super) fn write(file: &Path, checked: &[Checked]) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Its name ends in nothing that the collector would read.
    let mut half = tempfile::Builder::new().prefix(".dirsync-").suffix(".tmp").tempfile_in(folder)?;
    half.write_all(text(checked).as_bytes())?;
    half.as_file().sync_all()?;
    // The collector is somebody else.
    #[cfg(unix)]
    half.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    half.persist(file).map_err(|error| error.error)?;
    Ok(())
}

fn text(checked: &[Checked]) -> String {
    let second = |at: Option<Timestamp>| at.map(Timestamp::as_second);
    let mut text = String::new();
    let mut metric = |name: &str, help: &str, value: &dyn Fn(&Checked) -> Option<i64>| {
        let _ = writeln!(text, "# HELP dirsync_{name} {help}\n# TYPE dirsync_{name} gauge");
        for it in checked {
            if let Some(value) = value(it) {
                let _ = writeln!(text, "dirsync_{name}{{integration=\"{}\"}} {value}", escaped(&it.integration));
            }
        }
    };
    let state = |it: &Checked| match it.state {
        "OK" => 0,
        "WARNING" => 1,
        _ => 2,
    };
    metric("state", "How the directory is: 0 OK, 1 WARNING, 2 CRITICAL.", &|it| Some(state(it)));
    metric("connected", "1 while it can be signed in to, 0 while somebody has to do something.", &|it| {
        Some(i64::from(it.status == "connected"))
    });
    metric("last_sync_timestamp_seconds", "Start of the last complete sync.", &|it| second(it.last_sync_at));
    metric("failures", "Syncs that failed since the last that did not.", &|it| Some(it.failures.into()));
    metric("held_people", "People whose removal or suspension waits for approval.", &|it| Some(it.held));
    metric("refused_records", "Records that the last sync set aside.", &|it| Some(it.refused));
    metric("credentials_end_timestamp_seconds", "When the credentials end, where known.", &|it| {
        second(it.credentials_end_at)
    });
    text
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
