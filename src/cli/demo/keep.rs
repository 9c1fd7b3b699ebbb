//! `dirsync demo --keep`: the pretend directories for somebody's own shell, until Ctrl-C.

use super::stage::Stage;
use crate::auth::shell_word;
use crate::cli::{CliError, Exit};
use crate::output::{Cell, Column, Listing};

/// One variable of the printed environment.
#[derive(serde::Serialize)]
struct Variable {
    name: &'static str,
    value: String,
}

/// Prints the environment, says what can be done with it, and waits.
pub(super) fn keep(stage: &Stage<'_>) -> Result<Exit, CliError> {
    let ui = &stage.context.ui;
    if ui.options().format.is_some() {
        let listing = Listing::new(vec![
            Column::new("name", |it: &Variable| Cell::Text(it.name.into())).priority(100),
            Column::new("value", |it: &Variable| (&it.value).into()).priority(90),
        ]);
        let variables: Vec<Variable> =
            stage.environment.iter().map(|(name, value)| Variable { name, value: value.clone() }).collect();
        ui.list(&listing, &variables)?;
    } else {
        let lines = stage.environment.iter().map(|(name, value)| format!("export {name}={}\n", shell_word(value)));
        ui.text(&lines.collect::<String>())?;
    }
    let (google, entra) = (stage.google.base_url(), stage.entra.base_url());
    ui.say(&format!("A pretend Google Workspace listens at {google} until Ctrl-C,"));
    ui.say(&format!("and a pretend Microsoft Entra tenant at {entra}. In a shell with this environment:"));
    ui.say("  dirsync add google --name corp --no-browser");
    ui.say("  dirsync add entra --name hq --no-browser");
    ui.say(&format!("  curl -X POST {google}/sandbox/day                plays a day"));
    ui.say(&format!("  curl -X POST '{google}/sandbox/vanish?percent=40&deleted=true'"));
    ui.say(&format!("  curl {google}/                               lists all controls"));
    ui.say(&format!("{entra}/ has the same; /sandbox/app tells its client id, secret, tenant and accounts."));
    stage.runtime.block_on(stage.context.stop.requested());
    Err(CliError::stopped())
}
