//! What the demo tells: a Google Workspace from its first sync to a mass removal that is held, then an Entra tenant beside
//! it.

use super::laptops;
use super::stage::Stage;
use crate::cli::{CliError, Exit};

/// Plays the whole story; with `browser` somebody else signs in.
pub(super) fn play(stage: &Stage<'_>, browser: bool) -> Result<Exit, CliError> {
    stage.chapter("Two pretend directories listen on this machine; nothing of yours is touched.");
    stage.aside(&format!("  Google Workspace    {}", stage.google.base_url()));
    stage.aside(&format!("  Microsoft Entra ID  {}", stage.entra.base_url()));
    stage.aside(&format!("  dirsync's home      {}", stage.home.path().display()));
    one_directory(stage, browser)?;
    all_at_once_gone(stage)?;
    two_directories(stage, browser)?;
    laptops::away_and_back(stage, |name| connect(stage, name, browser))?;
    stage.chapter("That was all of it. 'dirsync demo --keep' leaves both running for your own shell.");
    Ok(Exit::Done)
}

fn one_directory(stage: &Stage<'_>, browser: bool) -> Result<(), CliError> {
    stage.chapter("Connect the first. An administrator signs in, and everything is read for the first time.");
    connect(stage, "corp", browser)?;
    stage.command(&["list"], 0)?;
    stage.command(&["users", "--limit", "8"], 0)?;
    stage.command(&["groups", "--limit", "8"], 0)?;
    laptops::hand_out(stage)?;

    let since = stage.next_second();
    let day = stage.google.play_day();
    stage.chapter(&format!(
        "A day passes over there: {} people join or come back, {} change, {} leave.",
        day.joined.len() + day.returned.len(),
        day.changed.len(),
        day.left.len()
    ));
    stage.command(&["sync", "corp", "--dry-run", "-q"], 0)?;
    stage.command(&["sync", "corp"], 0)?;
    stage.command(&["changes", "--since", &since, "--subject", "user"], 0)?;
    laptops::look_for_leavers(stage)
}

/// Connects the pretend Google Workspace.
fn connect(stage: &Stage<'_>, name: &str, browser: bool) -> Result<(), CliError> {
    if browser {
        return stage.command(&["add", "google", "--name", name], 0);
    }
    let administrator = stage.google.admin_email();
    stage.sign_in(&["add", "google", "--name", name, "--no-browser"], &administrator, "Allow")
}

fn all_at_once_gone(stage: &Stage<'_>) -> Result<(), CliError> {
    stage.google.vanish(40, true);
    stage.chapter("Then something goes wrong over there: 40 % of the people are gone at once. Nobody is removed.");
    stage.command(&["sync", "corp"], 5)?;
    stage.command(&["plans"], 0)?;
    stage.google.unvanish();
    stage.chapter("It was a mistake, and they are back. (Had it been meant: dirsync plans approve 1.)");
    stage.command(&["sync", "corp"], 0)?;
    stage.command(&["runs"], 0)
}

fn two_directories(stage: &Stage<'_>, browser: bool) -> Result<(), CliError> {
    stage.chapter("A second directory: the organisation has people in Microsoft Entra ID as well.");
    let client_id = stage.entra.client_id();
    let add = ["add", "entra", "--name", "hq", "--client-id", &client_id];
    if browser {
        stage.command(&add, 0)?;
    } else {
        stage.sign_in(&[&add[..], &["--no-browser"]].concat(), &stage.entra.admin_upn(), "Accept")?;
    }
    stage.command(&["list"], 0)?;
    let before = questions(stage).len();

    let since = stage.next_second();
    stage.google.play_day();
    let day = stage.entra.play_day();
    stage.chapter(&format!(
        "A day passes in both places; in Entra {} people join or come back, {} change, {} leave.",
        day.joined.len() + day.returned.len(),
        day.changed.len(),
        day.left.len()
    ));
    stage.command(&["sync", "--all"], 0)?;
    let mut asked = questions(stage).split_off(before);
    // Both are asked at the same time.
    asked.sort();
    let asked = asked.join(", ");
    stage.aside(&format!("(Google was read whole again; Entra was asked only for what had changed: {asked})"));
    stage.command(&["changes", "--since", &since, "--integration", "hq", "--subject", "user"], 0)
}

/// What Entra was asked for people and groups until now, further pages left out: the paths, and how the round began.
fn questions(stage: &Stage<'_>) -> Vec<String> {
    let asked = stage.entra.requests();
    let lines = asked["latest"].as_array().into_iter().flatten().filter_map(|line| line.as_str());
    let first_pages = lines.filter(|line| line.contains("/delta?") && !line.contains("skiptoken"));
    first_pages.filter_map(|line| Some(format!("{}=…", line.strip_prefix("GET ")?.split('=').next()?))).collect()
}
