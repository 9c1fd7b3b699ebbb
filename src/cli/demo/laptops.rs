//! The part of the story about devices: handed out by a rule, held by leavers, and kept through a deletion and a return.

use serde_json::Value;

use super::stage::Stage;
use crate::cli::{CliError, ErrorKind};

/// Every so many people have a laptop.
const EVERY: usize = 3;

/// The device manager's list comes in, and a rule gives each laptop to whoever enrolled it.
pub(super) fn hand_out(stage: &Stage<'_>) -> Result<(), CliError> {
    stage.chapter(
        "The device manager's list comes in. It says who signed in when a laptop was enrolled, not whose it is.",
    );
    let list = stage.home.path().join("laptops.csv");
    let rows = enrolled(&stage.google.truth());
    let serial = rows.first().map(|row| row.serial.clone()).unwrap_or_default();
    let written: String = rows.iter().map(|row| format!("{},{},mac,{}\n", row.serial, row.name, row.person)).collect();
    std::fs::write(&list, format!("serial_number,device_name,platform,enrolled_by\n{written}"))
        .map_err(|error| CliError::new(ErrorKind::Failed, format!("cannot write {}: {error}", list.display())))?;
    stage.command(&["devices", "import", &list.to_string_lossy()], 0)?;
    stage.command(&["devices", "rules"], 0)?;
    stage.chapter(
        "The rule 'enrolment' knows what to make of that. It would have run at the end of the next sync, too.",
    );
    stage.command(&["devices", "assign", "--auto", "-q"], 0)?;
    stage.command(&["devices", "--limit", "8"], 0)?;
    stage.command(&["devices", "explain", &serial], 0)
}

/// Some of those who left have one.
pub(super) fn look_for_leavers(stage: &Stage<'_>) -> Result<(), CliError> {
    stage.chapter("Nobody who holds a laptop is removed: they stay until it is handed in. Who is that?");
    stage.command(&["report", "leavers"], 0)
}

/// A whole directory goes, and comes back.
pub(super) fn away_and_back(
    stage: &Stage<'_>,
    connect: impl FnOnce(&str) -> Result<(), CliError>,
) -> Result<(), CliError> {
    stage.chapter("Disconnect one. First what it would do: who goes, and who stays with which laptop.");
    stage.command(&["delete", "corp", "--dry-run"], 0)?;
    stage.chapter("At a terminal the name has to be typed.");
    stage.command(&["delete", "corp", "--confirm", "corp"], 0)?;
    stage.command(&["users", "--status", "retained", "--limit", "6"], 0)?;
    stage.command(&["list"], 0)?;
    stage.chapter("It was the wrong one. The same directory is connected again, under whatever name.");
    connect("corporation")?;
    stage.aside("They are the same people, with their history and their laptops:");
    stage.command(&["devices", "--limit", "6"], 0)
}

/// A laptop and whoever enrolled it.
struct Enrolled {
    serial: String,
    name: String,
    person: String,
}

fn enrolled(truth: &Value) -> Vec<Enrolled> {
    let people = truth["users"].as_array().into_iter().flatten();
    let emails = people.filter_map(|person| person["primaryEmail"].as_str());
    let with_one = emails.enumerate().filter(|(index, _)| index % EVERY == 0);
    with_one
        .map(|(index, email)| Enrolled {
            serial: format!("C02BW{index:03}"),
            name: format!("MacBook {index}"),
            person: email.to_owned(),
        })
        .collect()
}
