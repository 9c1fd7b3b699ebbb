//! The made-up company: people, groups, memberships, org units; how it is generated, and how it changes by the day.

mod circles;
mod day;
mod find;
mod generate;
mod group;
mod oddities;
mod person;
mod state;
mod truth;
mod vanish;

pub(super) use group::{Group, Kind, Member, Role, Shown};
pub(super) use person::{Person, Presence, Standing};
pub(super) use state::{DOMAINS, Slot, Tenant, UNITS, moment};
