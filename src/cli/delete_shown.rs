//! What `dirsync delete` would do or did, for a look before it asks and as data afterwards.

use serde::Serialize;

use super::online::spec;
use super::{CliError, Context};
use crate::auth::shell_word;
use crate::model::Integration;
use crate::output::{Column, Listing, thousands};
use crate::store::{Deletion, Retained};

/// More who stay than an eye takes in are counted.
const LISTED: usize = 50;

/// Says who goes, who stays with which devices, which groups go, and what ends.
pub(super) fn describe(context: &Context, integration: &Integration, deletion: &Deletion) {
    let (ui, name, kind) = (&context.ui, &integration.name, &integration.kind);
    ui.say(&format!("Deleting {name} would"));
    let people = sampled(&deletion.removed_sample, deletion.removed);
    ui.say(&format!("  remove {} people who hold no device{people}", thousands(deletion.removed)));
    let groups = sampled(&deletion.groups_sample, deletion.groups);
    ui.say(&format!("  remove {} groups{groups}", thousands(deletion.groups)));
    if deletion.kept > 0 {
        ui.say(&format!("  keep {} people who hold no device, until they are pruned", thousands(deletion.kept)));
    }
    for kept in deletion.retained.iter().take(LISTED) {
        ui.say(&format!("  keep {}, who holds {}", label(kept), kept.devices.join(", ")));
    }
    if let Some(more) = deletion.retained.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let all = format!("dirsync delete {} --dry-run -o json", shell_word(name));
        ui.say(&format!("  keep {more} more who hold devices; '{all}' lists them"));
    }
    let tenant = integration.tenant.label.as_deref().or(integration.tenant.domain.as_deref());
    let whose = tenant.map(|label| format!(" of {label}")).unwrap_or_default();
    let pushes = spec(kind).is_ok_and(|spec| spec.push().is_some());
    let way_in = if pushes { "its tokens" } else { "the sign-in" };
    ui.say(&format!("  destroy {way_in}; nothing{whose} is synchronised any more, nor are those who are kept"));
}

/// The first of them in words, if there are any.
pub(super) fn sampled(sample: &[String], all: i64) -> String {
    if sample.is_empty() {
        return String::new();
    }
    let more = all.saturating_sub(i64::try_from(sample.len()).unwrap_or(i64::MAX));
    let rest = if more > 0 { format!(" and {} more", thousands(more)) } else { String::new() };
    format!(": {}{rest}", sample.join(", "))
}

fn label(kept: &Retained) -> &str {
    kept.label.as_deref().unwrap_or("somebody")
}

/// A deletion with each of the kept in words for a column.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    deletion: Deletion,
    #[serde(skip)]
    stays: Vec<String>,
}

/// Shows a deletion as data.
pub(super) fn show(context: &Context, deletion: Deletion) -> Result<(), CliError> {
    let in_words = |kept: &Retained| format!("{} ({})", label(kept), kept.devices.join(", "));
    let stays = deletion.retained.iter().map(in_words).collect();
    let listing = Listing::new(vec![
        Column::new("removed", |it: &Shown| it.deletion.removed.into()),
        Column::new("groups", |it: &Shown| it.deletion.groups.into()),
        Column::new("removed_sample", |it: &Shown| (&it.deletion.removed_sample).into()),
        Column::new("groups_sample", |it: &Shown| (&it.deletion.groups_sample).into()),
        Column::new("retained", |it: &Shown| (&it.stays).into()),
        Column::new("kept", |it: &Shown| it.deletion.kept.into()),
    ]);
    Ok(context.ui.one(&listing, &Shown { deletion, stays })?)
}
