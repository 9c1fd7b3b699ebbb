//! The rules once more, naively and one device at a time, to hold the statements of the pass to.

use dirsync::model::{EvidenceKind, MatchField, OnConflict, Rule};

use super::tenant::{ATTRIBUTE, Device, Person, Tenant, day};

/// Who has a device after a pass, and by which rule if that changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct After {
    pub(super) holder: Option<usize>,
    pub(super) by: Option<String>,
}

/// What the built-in rules are that are on from the start.
fn built_in() -> Vec<Rule> {
    let rule = |name: &str, priority, evidence, matches: &[MatchField]| Rule {
        name: name.into(),
        priority,
        enabled: true,
        evidence,
        matches: matches.to_vec(),
        attribute: None,
        on_conflict: OnConflict::default(),
        device: Default::default(),
        user: Default::default(),
        built_in: true,
        of_deleted: false,
    };
    vec![
        rule("serial-list", 20, EvidenceKind::ExpectedUser, &MatchField::ALL),
        rule("enrolment", 30, EvidenceKind::EnrolledBy, &MatchField::ALL[1..]),
        rule("directory-owner", 40, EvidenceKind::DirectoryOwner, &MatchField::ALL),
    ]
}

pub(super) fn after(tenant: &Tenant, place: usize) -> After {
    let device = &tenant.devices[place];
    let mut rules = built_in();
    rules.extend(tenant.rules.iter().cloned());
    rules.sort_by_key(|rule| (rule.priority, rule.name.to_lowercase()));
    let before = device.holder.as_ref().map(|held| held.person);
    let winner = rules
        .iter()
        .filter(|it| it.enabled && it.evidence != EvidenceKind::LastUser)
        .find_map(|rule| Some((rule, only_one(tenant, place, rule)?)));
    let stays = After { holder: before, by: None };
    let Some((rule, Only { person, wish, newest, meant })) = winner else { return stays };
    if device.shared || before == Some(person) {
        return stays;
    }
    let goes = After { holder: Some(person), by: Some(rule.name.clone()) };
    let Some(held) = &device.holder else { return goes };
    if held.pinned {
        return stays;
    }
    let replaces = match rule.on_conflict {
        OnConflict::OnlyUnassigned => false,
        OnConflict::ReplaceLowerRank => {
            let own = held.source == format!("rule:{}", rule.name);
            let stronger = held.rank > rule.priority || (own && newest > day(1));
            wish || (held.rank > 10 && stronger)
        }
        OnConflict::ReplaceIfHolderInactive => {
            let left = !["active", "out_of_scope"].contains(&tenant.people[held.person].status);
            left && (wish || held.rank > 10)
        }
    };
    if replaces && !meant.contains(&held.person) { goes } else { stays }
}

/// The only person a rule names for a device.
struct Only {
    person: usize,
    /// Whether a list wishes so.
    wish: bool,
    /// When that was last told.
    newest: String,
    /// Everybody whom the evidence means.
    meant: Vec<usize>,
}

fn only_one(tenant: &Tenant, place: usize, rule: &Rule) -> Option<Only> {
    let device = &tenant.devices[place];
    if !fits(device, place, rule) {
        return None;
    }
    // Whoever is meant, how often of how many, and when last.
    let mut meant: Vec<(usize, usize, String)> = Vec::new();
    let mut note = |person: usize, at: String| match meant.iter_mut().find(|(known, ..)| *known == person) {
        Some((_, times, last)) => {
            *times += 1;
            *last = at.max(last.clone());
        }
        None => meant.push((person, 1, at)),
    };
    let floor = device.taken.map(|(at, _)| day(at));
    let counts = |at: &str| floor.as_deref().is_none_or(|floor| at > floor);
    let (mut wish, mut total) = (false, 0);
    match rule.evidence {
        EvidenceKind::UserAttrSerial => {
            assert_eq!(rule.attribute.as_deref(), Some(ATTRIBUTE));
            for (index, person) in tenant.people.iter().enumerate() {
                let came = person.serials_came.map(day).unwrap_or_default();
                let dated = counts(&came);
                if person.serials.contains(&place) && dated && person.status != "removed" && of_directory(person, rule)
                {
                    note(index, came);
                }
            }
        }
        EvidenceKind::Login => {
            let at = |login: &(String, u8)| day(login.1).replace("08", "09");
            let counted: Vec<_> = device.logins.iter().filter(|login| counts(&at(login))).collect();
            total = counted.len();
            for login in counted {
                let all = first_meant(tenant, rule, &login.0, false, None);
                all.into_iter().for_each(|person| note(person, at(login)));
            }
        }
        kind => {
            for told in device.told.iter().filter(|told| told.kind == kind.as_str()) {
                let counts = told.waiting || (kind != EvidenceKind::ExpectedUser && counts(&day(told.day)));
                if counts {
                    wish |= told.waiting;
                    let all = first_meant(tenant, rule, &told.value, told.by_id, told.integration);
                    all.into_iter().for_each(|person| note(person, day(told.day)));
                }
            }
        }
    }
    let enough = |times: usize| rule.evidence != EvidenceKind::Login || (times >= 3 && times * 100 >= total * 60);
    let passing: Vec<usize> = meant
        .iter()
        .filter(|(person, times, _)| enough(*times) && may(tenant, &tenant.people[*person], rule))
        .map(|(person, ..)| *person)
        .collect();
    let [person] = passing[..] else { return None };
    let newest = meant.iter().find(|(one, ..)| *one == person).map(|(.., at)| at.clone()).unwrap_or_default();
    Some(Only { person, wish, newest, meant: meant.into_iter().map(|(one, ..)| one).collect() })
}

fn of_directory(person: &Person, rule: &Rule) -> bool {
    rule.user.integration.as_ref().is_none_or(|name| *name == format!("dir{}", person.integration))
}

/// Everybody whom the first field means that means anybody.
fn first_meant(tenant: &Tenant, rule: &Rule, value: &str, by_id: bool, of: Option<i64>) -> Vec<usize> {
    let same = |other: &Option<String>| other.as_ref().is_some_and(|other| !by_id && other.eq_ignore_ascii_case(value));
    rule.matches
        .iter()
        .map(|field| {
            let meant = |(index, person): &(usize, &Person)| {
                let named = match field {
                    MatchField::ExternalId => value == format!("x{index}"),
                    MatchField::Email => same(&person.email),
                    MatchField::Upn => same(&person.user_name),
                    MatchField::Alias => same(&person.alias),
                };
                named
                    && person.status != "removed"
                    && of.is_none_or(|of| of == person.integration)
                    && of_directory(person, rule)
            };
            tenant.people.iter().enumerate().filter(meant).map(|(index, _)| index).collect::<Vec<_>>()
        })
        .find(|all| !all.is_empty())
        .unwrap_or_default()
}

fn same_word(asked: &[String], there: Option<&str>) -> bool {
    asked.is_empty() || there.is_some_and(|there| asked.iter().any(|it| it.to_lowercase() == there.to_lowercase()))
}

fn fits(device: &Device, place: usize, rule: &Rule) -> bool {
    let asked = &rule.device;
    same_word(&asked.platform, device.platform)
        && (asked.tag.is_empty() || device.tags.iter().any(|tag| same_word(&asked.tag, Some(tag))))
        && (asked.serial_prefix.is_empty()
            || asked.serial_prefix.iter().any(|it| format!("S{place}").starts_with(&it.to_uppercase())))
}

fn may(tenant: &Tenant, person: &Person, rule: &Rule) -> bool {
    let asked = &rule.user;
    let below = |unit: &str| {
        let (unit, there) = (unit.to_lowercase(), person.org_unit.unwrap_or("?").to_lowercase());
        let unit = unit.trim_end_matches('/');
        there == unit || there.starts_with(&format!("{unit}/"))
    };
    // Group 1 is in group 0 and the other way round, in the first directory.
    let in_group = |group: usize| {
        person.groups.contains(&group) || (group < 2 && person.integration == 1 && person.groups.contains(&(1 - group)))
    };
    let number =
        |name: &String| name.chars().find(char::is_ascii_digit).and_then(|it| it.to_digit(10)).unwrap() as usize;
    let called = |pattern: &String| {
        let start = pattern.trim_end_matches('*').to_lowercase();
        [&person.email, &person.user_name].into_iter().flatten().any(|it| it.to_lowercase().starts_with(&start))
    };
    assert!(tenant.people.len() < 10, "ids of people begin with another letter than names");
    person.status == "active"
        && same_word(&asked.department, person.department)
        && (asked.org_unit.is_empty() || asked.org_unit.iter().any(|unit| below(unit)))
        && (asked.groups_any.is_empty() || asked.groups_any.iter().any(|group| in_group(number(group))))
        && !asked.exclude.iter().any(called)
}
