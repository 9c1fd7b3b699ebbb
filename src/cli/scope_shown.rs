//! A scope and what it comes to, in words and as data.

use serde::Serialize;

use super::{CliError, Context};
use crate::model::{Integration, IntegrationId, Scope};
use crate::output::{Column, Listing};
use crate::store::{ScopeEffect, Store};

/// A scope whose groups are called what people call them; field names are the keys of the JSON output.
#[derive(Debug, Serialize)]
pub(super) struct Drawn {
    org_units: Vec<String>,
    /// Addresses, names, or ids of groups that are gone.
    groups: Vec<String>,
    exclude_suspended: bool,
}

#[derive(Serialize)]
struct Shown {
    integration: String,
    #[serde(flatten)]
    drawn: Drawn,
    people: i64,
    out_of_scope: i64,
}

#[derive(Serialize)]
struct Changed {
    integration: String,
    #[serde(flatten)]
    drawn: Drawn,
    #[serde(flatten)]
    effect: ScopeEffect,
}

impl Drawn {
    pub(super) fn of(store: &Store, integration: IntegrationId, scope: &Scope) -> Result<Self, CliError> {
        let mut groups = Vec::new();
        for id in &scope.groups {
            let found = store.find_groups(id, Some(&[integration]))?;
            let group = found.into_iter().find(|group| group.external_id == *id);
            groups.push(group.and_then(|group| group.email.or(group.name)).unwrap_or_else(|| id.clone()));
        }
        Ok(Self { org_units: scope.org_units.clone(), groups, exclude_suspended: scope.exclude_suspended })
    }

    /// One line that says who comes in.
    pub(super) fn in_words(&self) -> String {
        let mut all = Vec::new();
        if !self.org_units.is_empty() {
            all.push(format!("is in or below {}", self.org_units.join(" or ")));
        }
        if !self.groups.is_empty() {
            all.push(format!("is a member of {}", self.groups.join(" or ")));
        }
        if self.exclude_suspended {
            all.push("is not suspended".to_owned());
        }
        if all.is_empty() { "everybody".to_owned() } else { format!("whoever {}", all.join(" and ")) }
    }
}

/// Shows the scope there is.
pub(super) fn show(context: &Context, store: &Store, integration: &Integration) -> Result<(), CliError> {
    let drawn = Drawn::of(store, integration.id, &store.scope(integration.id)?)?;
    let (people, out_of_scope) = store.scope_counts(integration.id)?;
    let listing = Listing::new(vec![
        Column::new("integration", |it: &Shown| (&it.integration).into()),
        Column::new("org_units", |it: &Shown| (&it.drawn.org_units).into()),
        Column::new("groups", |it: &Shown| (&it.drawn.groups).into()),
        Column::new("exclude_suspended", |it: &Shown| it.drawn.exclude_suspended.into()),
        Column::new("people", |it: &Shown| it.people.into()),
        Column::new("out_of_scope", |it: &Shown| it.out_of_scope.into()),
    ]);
    let integration = integration.name.clone();
    Ok(context.ui.one(&listing, &Shown { integration, drawn, people, out_of_scope })?)
}

/// Shows what another scope does, or would do.
pub(super) fn changed(context: &Context, name: &str, drawn: Drawn, effect: ScopeEffect) -> Result<(), CliError> {
    let listing = Listing::new(vec![
        Column::new("integration", |it: &Changed| (&it.integration).into()),
        Column::new("org_units", |it: &Changed| (&it.drawn.org_units).into()),
        Column::new("groups", |it: &Changed| (&it.drawn.groups).into()),
        Column::new("exclude_suspended", |it: &Changed| it.drawn.exclude_suspended.into()),
        Column::new("people", |it: &Changed| it.effect.people.into()),
        Column::new("out_of_scope", |it: &Changed| it.effect.out_of_scope.into()),
        Column::new("coming_in", |it: &Changed| it.effect.coming_in.into()),
        Column::new("going_out", |it: &Changed| it.effect.going_out.into()),
        Column::new("holders", |it: &Changed| it.effect.holders.into()),
        Column::new("devices", |it: &Changed| it.effect.devices.into()),
        Column::new("going_out_sample", |it: &Changed| (&it.effect.going_out_sample).into()),
    ]);
    Ok(context.ui.one(&listing, &Changed { integration: name.to_owned(), drawn, effect })?)
}
