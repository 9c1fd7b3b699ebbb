//! `dirsync devices assign --auto`: the rules over all devices, now.

use super::assign::AssignArgs;
use super::command::change;
use crate::cli::{CliError, Context, Exit};
use crate::model::Gift;
use crate::output::{Cell, Column, Listing, thousands};
use crate::store::AutoAssign;

pub(super) fn auto(context: &Context, args: &AssignArgs) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let only = AutoAssign {
        only_unassigned: args.only_unassigned,
        integrations: context.narrowed(&store, args.integration.as_deref())?,
    };
    let gifts = change(context, &mut store, args.dry_run, |writer| Ok(writer.assign_by_rules(&only)?))?;
    context.ui.list(&listing().when_empty("the rules give nothing to anybody"), &gifts)?;
    if !gifts.is_empty() {
        let would = if args.dry_run { "would be " } else { "" };
        let number = thousands(i64::try_from(gifts.len()).unwrap_or(i64::MAX));
        let devices = if gifts.len() == 1 { "device" } else { "devices" };
        context.ui.say(&format!("{number} {devices} {would}given by rules"));
    }
    Ok(Exit::Done)
}

fn listing() -> Listing<Gift> {
    Listing::new(vec![
        Column::new("serial", |it: &Gift| (&it.serial).into()).priority(100).min_width(12),
        Column::new("user_id", |it: &Gift| Cell::Id(it.user_id)).right().on_demand(),
        Column::new("user", |it: &Gift| (&it.user).into()).header("GIVEN TO").priority(95).min_width(22),
        Column::new("integration", |it: &Gift| (&it.integration).into()).header("FROM").priority(40).min_width(8),
        Column::new("before", |it: &Gift| (&it.before).into()).header("TAKEN FROM").priority(80),
        Column::new("rule", |it: &Gift| (&it.rule).into()).priority(90),
        Column::new("reason", |it: &Gift| (&it.reason).into()).header("EVIDENCE").priority(60).min_width(24),
    ])
}
