//! `dirsync changes`, and the columns of every listing of changes.

use clap::Args;

use super::values::{self, Since};
use super::{CliError, Context, Exit};
use crate::model::{Change, ChangeKind, Subject};
use crate::output::{Cell, Column, Listing};
use crate::store::ChangeFilter;

/// Show who joined, changed and left, latest first
///
/// A changed field has its value before and after; a membership names the group in 'field'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync changes --since 7d
  dirsync changes --since 2026-11-01 --kind left --subject user -o csv > leavers.csv")]
pub struct ChangesArgs {
    /// Not before: 7d, 12h, 2026-11-01 (UTC) or an RFC 3339 time
    #[arg(long, value_name = "WHEN", value_parser = values::since)]
    since: Option<Since>,
    /// Only these kinds of change
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = values::word(ChangeKind::ALL, ChangeKind::as_str))]
    kind: Vec<ChangeKind>,
    /// Only changes of these
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = values::word(SUBJECTS, Subject::as_str))]
    subject: Vec<Subject>,
    /// Only this integration's
    #[arg(long, value_name = "NAME", add = values::integration_names())]
    integration: Option<String>,
    /// At most so many, the latest
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

const SUBJECTS: [Subject; 4] = [Subject::User, Subject::Group, Subject::Membership, Subject::Device];

pub(super) fn run(context: &Context, args: &ChangesArgs) -> Result<Exit, CliError> {
    let store = context.reader()?;
    let filter = ChangeFilter {
        run: None,
        integrations: context.narrowed(&store, args.integration.as_deref())?,
        since: args.since.map(|since| since.moment(context.clock.now())),
        kinds: args.kind.clone(),
        subjects: args.subject.clone(),
        limit: args.limit,
    };
    let listing = listing().when_empty("no such changes");
    let mut rows = context.ui.rows(&listing)?;
    store.each_change(&filter, |change| Ok::<_, CliError>(rows.push(&change)?))?;
    rows.finish()?;
    Ok(Exit::Done)
}

/// The columns of changes.
pub(super) fn listing() -> Listing<Change> {
    Listing::new(vec![
        Column::new("at", |it: &Change| it.at.into()).header("WHEN").priority(90),
        Column::new("integration", |it: &Change| (&it.integration).into()).priority(30),
        Column::new("run", |it: &Change| it.run.map_or(Cell::Empty, Cell::Id)).right().priority(20),
        Column::new("subject", |it: &Change| Cell::word(&*it.subject)).priority(70),
        Column::new("id", |it: &Change| it.id.map_or(Cell::Empty, Cell::Id)).right().on_demand(),
        Column::new("external_id", |it: &Change| (&it.external_id).into()).on_demand(),
        Column::new("label", |it: &Change| (&it.label).into()).header("WHO").priority(100).min_width(20),
        Column::new("kind", |it: &Change| Cell::word(&*it.kind)).priority(95),
        Column::new("field", |it: &Change| (&it.field).into()).priority(80),
        Column::new("before", |it: &Change| (&it.before).into()).priority(60),
        Column::new("after", |it: &Change| (&it.after).into()).priority(65),
    ])
}
