//! A directory that tells its changes, as badly as it may: in any order, again, in parts, a little late, and with links
//! that break off or are worth nothing.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use dirsync::model::{
    AccountStatus, DirectoryGroup, DirectoryMember, DirectoryUser, Failure, FailureKind, MemberChange, MemberKind,
    News, ObjectChange, Place, Reading, Record, Source, Start, Stream, Tenant,
};
use dirsync::provider::{Directory, Fetched, Following, Probe};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use super::plain::Plain;

/// Pages of a round.
const PAGES: u64 = 4;

/// A person who is there, can be restored, or is gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    There,
    Gone,
    Purged,
}

/// A directory that tells its changes.
#[derive(Debug, Default)]
pub(crate) struct Teller {
    /// Everybody who ever was, with what is said of them now.
    pub(crate) people: BTreeMap<String, (Source, Presence)>,
    pub(crate) groups: BTreeMap<String, Source>,
    /// Group and member, and whether it is one now.
    members: BTreeMap<(String, String), bool>,
    gone_groups: BTreeSet<String>,
    /// What was touched when: a person, a group, or a membership with its group.
    log: Vec<Touched>,
    /// How many pages come before the next fetch breaks off.
    pub(crate) breaks_after: Mutex<Option<usize>>,
    /// Links handed out before this moment are worth nothing.
    pub(crate) forgotten_before: usize,
    /// Chooses how things are told.
    pub(crate) whim: u64,
}

#[derive(Clone, Debug)]
enum Touched {
    /// A person, and of what is said of them the property that changed; none: all of it.
    Person(String, Option<String>),
    Group(String),
    Member(String, String),
}

impl Teller {
    pub(crate) fn person(&mut self, id: &str, property: &str, value: Value) {
        if let Some((said, Presence::There)) = self.people.get_mut(id) {
            said.insert(property.into(), value);
            self.log.push(Touched::Person(id.into(), Some(property.into())));
        }
    }

    pub(crate) fn join(&mut self, id: &str) {
        let known = self.people.get(id).map(|(_, presence)| *presence);
        // A restored person is who they were; one gone for good never comes back under the same id.
        if matches!(known, Some(Presence::There | Presence::Purged)) {
            return;
        }
        let new = json!({"mail": format!("p{id}@corp.example"), "name": format!("Person {id}"), "enabled": true});
        let entry = self.people.entry(id.into()).or_insert((new.as_object().unwrap().clone(), Presence::There));
        entry.1 = Presence::There;
        self.log.push(Touched::Person(id.into(), None));
    }

    pub(crate) fn leave(&mut self, id: &str, purge: bool) {
        let Some((_, presence)) = self.people.get_mut(id) else { return };
        if *presence == Presence::Purged || *presence == Presence::Gone && !purge {
            return;
        }
        *presence = if purge { Presence::Purged } else { Presence::Gone };
        if purge {
            // The groups do not tell that somebody was purged.
            self.members.retain(|(_, member), _| member != id);
        }
        self.log.push(Touched::Person(id.into(), None));
    }

    /// Somebody is gone, and nothing will ever tell.
    pub(crate) fn vanish(&mut self, id: &str) {
        self.people.remove(id);
        let of = |touched: &Touched| matches!(touched, Touched::Person(person, _) if person == id);
        self.log.iter_mut().filter(|touched| of(touched)).for_each(|touched| *touched = Touched::Group(String::new()));
    }

    pub(crate) fn group(&mut self, id: &str, name: &str) {
        if !self.gone_groups.contains(id) {
            self.groups.insert(id.into(), json!({"name": name}).as_object().unwrap().clone());
            self.log.push(Touched::Group(id.into()));
        }
    }

    pub(crate) fn ungroup(&mut self, id: &str) {
        if self.groups.remove(id).is_some() {
            self.gone_groups.insert(id.into());
            self.members.retain(|(group, _), _| group != id);
            self.log.push(Touched::Group(id.into()));
        }
    }

    pub(crate) fn member(&mut self, group: &str, member: &str, is: bool) {
        // Devices and the like are members, too, and nothing else is told of them.
        let device = member.starts_with('d');
        let there = device || self.people.get(member).is_some_and(|(_, presence)| *presence == Presence::There);
        if self.groups.contains_key(group) && there {
            self.members.insert((group.into(), member.into()), is);
            self.log.push(Touched::Member(group.into(), member.into()));
        }
    }

    /// What should be stored.
    pub(crate) fn truth(&self) -> Plain {
        let mut plain = Plain::default();
        for (id, (said, presence)) in &self.people {
            if *presence == Presence::There {
                plain.users.insert(id.clone(), read_user(id, &present(said)));
            }
        }
        for (id, said) in &self.groups {
            plain.groups.insert(id.clone(), read_group(id, said));
            let is_there = |member: &str| !plain.people_gone(self, member);
            let listed = self.members.iter().filter(|((group, member), is)| group == id && **is && is_there(member));
            let members = listed.map(|((_, member), _)| {
                let email = plain.users.get(member).and_then(|user| user.email.clone());
                let member = member.clone();
                (member.clone(), DirectoryMember { external_id: member, kind: MemberKind::User, email, role: None })
            });
            plain.members.insert(id.clone(), members.collect());
        }
        plain
    }

    /// The pages of a round that tells what was touched since `since` (all: `None`).
    fn page(&self, stream: Stream, since: Option<usize>, page: u64, whim: u64) -> Vec<Record<ObjectChange>> {
        let roll = Cell::new(whim.wrapping_mul(31).wrapping_add(page + 1));
        let chance = |of: u64| {
            roll.set(roll.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
            (roll.get() >> 33).is_multiple_of(of)
        };
        let touched = &self.log[since.unwrap_or(0).saturating_sub(usize::from(chance(2)) * 3)..];
        let mut told = match stream {
            Stream::People => self.people_told(touched, since.is_none(), page, &chance),
            Stream::Groups => self.groups_told(touched, since.is_none(), page, &chance),
        };
        if chance(3) {
            told.reverse();
        }
        if chance(3) {
            told.extend(told.first().cloned());
        }
        told.into_iter().map(Record::Read).collect()
    }

    fn people_told(
        &self,
        touched: &[Touched],
        all: bool,
        page: u64,
        chance: &dyn Fn(u64) -> bool,
    ) -> Vec<ObjectChange> {
        let mut properties: BTreeMap<&String, Option<BTreeSet<&String>>> = BTreeMap::new();
        for touch in touched {
            if let Touched::Person(id, property) = touch {
                let entry = properties.entry(id).or_insert_with(|| Some(BTreeSet::new()));
                match (property, &mut *entry) {
                    (Some(property), Some(properties)) => drop(properties.insert(property)),
                    _ => *entry = None,
                }
            }
        }
        let mine = properties.into_iter().filter(|(id, _)| place_of(id) == page);
        mine.filter_map(|(id, properties)| {
            let (said, presence) = &self.people[id];
            let news = match presence {
                Presence::Gone => News::Gone,
                Presence::Purged => News::Purged,
                // Whoever was never away may be told of in part.
                Presence::There => match properties {
                    Some(properties) if !all && chance(2) => {
                        News::There(said.iter().filter(|(key, _)| properties.contains(key)).map(owned).collect())
                    }
                    _ if all => News::There(present(said)),
                    _ => News::There(said.clone()),
                },
            };
            // What was deleted before is usually not told of in a round of everything, but it may be.
            (!all || *presence == Presence::There || chance(2)).then(|| change(id, news, Vec::new()))
        })
        .collect()
    }

    fn groups_told(
        &self,
        touched: &[Touched],
        all: bool,
        page: u64,
        chance: &dyn Fn(u64) -> bool,
    ) -> Vec<ObjectChange> {
        let (mut groups, mut members) = (BTreeSet::new(), BTreeSet::new());
        for touch in touched {
            match touch {
                Touched::Group(id) => drop(groups.insert(id)),
                Touched::Member(group, member) => drop(members.insert((group, member))),
                Touched::Person(..) => {}
            }
        }
        let mut told = Vec::new();
        for id in groups {
            match self.groups.get(id) {
                Some(said) if place_of(id) == page => told.push(change(id, News::There(said.clone()), Vec::new())),
                None if place_of(id) == page && !all && !id.is_empty() => told.push(change(id, News::Gone, Vec::new())),
                _ => {}
            }
        }
        // Each member in a telling of its own, on a page of its own, its group told again or by its id alone.
        for (group, member) in members {
            let key = (group.clone(), member.clone());
            let Some(said) = self.groups.get(group).filter(|_| place_of(&format!("{group}{member}")) == page) else {
                continue;
            };
            let is = self.members.get(&key).copied().unwrap_or(false);
            // Purged people are not told of; people who can be restored are not either, and keep their place.
            let hidden = self.people.get(member).is_some_and(|(_, presence)| *presence != Presence::There);
            if hidden || all && !is && chance(2) {
                continue;
            }
            let said = if chance(2) { said.clone() } else { Source::new() };
            let gone = MemberChange { external_id: member.clone(), kind: MemberKind::User, gone: !is };
            told.push(change(group, News::There(said), vec![gone]));
        }
        told
    }

    async fn round(&self, stream: Stream, from: &Place, to: &Sender<Fetched>) -> Result<(), Failure> {
        let now = self.log.len();
        let (mut since, mut until, mut page, mut whim) = match from {
            Place::Beginning => (None, now, 0, self.whim),
            Place::Within(link) => {
                let numbers: Vec<u64> = link.split(' ').map(|number| number.parse().unwrap()).collect();
                let since = (numbers[0] != u64::MAX).then_some(numbers[0] as usize);
                (since, numbers[1] as usize, numbers[2], numbers[3])
            }
            Place::Since(link) => (Some(link.parse().unwrap()), now, 0, self.whim),
        };
        if from != &Place::Beginning && until < self.forgotten_before
            || since.is_some_and(|since| since < self.forgotten_before)
        {
            to.send(Fetched::Anew(stream)).await.map_err(|_| stopped())?;
            (since, until, page, whim) = (None, now, 0, self.whim);
        }
        loop {
            {
                let mut breaks = self.breaks_after.lock().unwrap();
                if *breaks == Some(0) {
                    return Err(Failure::new(FailureKind::Temporary, "the network is gone"));
                }
                *breaks = breaks.map(|pages| pages - 1);
            }
            let changes = self.page(stream, since, page, whim);
            page += 1;
            let place = if page < PAGES {
                Place::Within(format!("{} {until} {page} {whim}", since.map_or(u64::MAX, |since| since as u64)))
            } else {
                Place::Since(until.to_string())
            };
            let ended = matches!(place, Place::Since(_));
            to.send(Fetched::Changes { stream, changes, place }).await.map_err(|_| stopped())?;
            if ended {
                return Ok(());
            }
        }
    }
}

impl Plain {
    fn people_gone(&self, teller: &Teller, id: &str) -> bool {
        teller.people.get(id).is_some_and(|(_, presence)| *presence != Presence::There)
    }
}

fn stopped() -> Failure {
    Failure::new(FailureKind::Refused, "stopped")
}

fn change(id: &str, news: News, members: Vec<MemberChange>) -> ObjectChange {
    ObjectChange { external_id: id.to_owned(), news, members }
}

fn owned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// What has a value: in a round of everything, cleared properties are left out.
fn present(said: &Source) -> Source {
    said.iter().filter(|(_, value)| !value.is_null()).map(owned).collect()
}

fn place_of(id: &str) -> u64 {
    id.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte)) % PAGES
}

fn read_user(id: &str, said: &Source) -> DirectoryUser {
    let text = |key: &str| said.get(key).and_then(Value::as_str).map(str::to_owned);
    let enabled = said.get("enabled").and_then(Value::as_bool);
    DirectoryUser {
        external_id: id.to_owned(),
        status: enabled.map(|on| if on { AccountStatus::Active } else { AccountStatus::Suspended }),
        email: text("mail"),
        display_name: text("name"),
        title: text("title"),
        manager: text("manager"),
        ..DirectoryUser::default()
    }
}

fn read_group(id: &str, said: &Source) -> DirectoryGroup {
    let name = said.get("name").and_then(Value::as_str).map(str::to_owned);
    DirectoryGroup { external_id: id.to_owned(), name, ..DirectoryGroup::default() }
}

impl Directory for Teller {
    fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>> {
        let tenant = Tenant { id: "C1".into(), ..Tenant::default() };
        Box::pin(async { Ok(Probe { tenant, account: None }) })
    }

    fn following(&self) -> Option<Following> {
        Some(Following { key: "everything".into(), reading: Reading { user: read_user, group: read_group } })
    }

    fn fetch(&self, from: Start, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let people = self.round(Stream::People, &from.people, &to);
            let groups = self.round(Stream::Groups, &from.groups, &to);
            futures_util::future::try_join(people, groups).await.map(drop)
        })
    }

    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        let gone = self.people.iter().filter(|(_, (_, presence))| *presence == Presence::Gone);
        let ids = gone.map(|(id, _)| id.clone()).collect();
        Box::pin(async move { to.send(Fetched::Deleted(ids)).await.map_err(|_| stopped()) })
    }
}
