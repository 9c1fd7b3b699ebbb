//! The made-up organisation: people, groups, memberships; how it is generated, how it changes by the day, and what it
//! remembers of its changes for delta queries.

mod day;
mod generate;
mod group;
mod groups_day;
mod guid;
mod oddities;
mod person;
mod state;
mod truth;
mod vanish;

pub(super) use generate::dice;
pub(super) use group::{Group, Kind, Member, Nature, What};
pub(super) use guid::{Guid, ghost};
pub(super) use person::{Mail, Person, Presence};
pub(super) use state::{DOMAINS, INITIAL_DOMAIN, Slot, Tenant, moment};
