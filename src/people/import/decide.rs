//! What becomes of a row, decided from what it wishes and what is known; nothing here reads or writes.

use std::cmp::Reverse;

use super::report::HolderVerdict;
use super::row::{Called, Wanted, Wish};
use super::run::ImportMode;
use crate::model::{DeviceField, DeviceFields, EvidenceKind, IntegrationId};
use crate::store::devices::{KnownEvidence, Match, NewEvidence, RowFacts};
use crate::store::{DeviceFacts, Person, UserMatch};

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;

/// What is to be done for a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// The device's fields afterwards.
    pub(super) fields: DeviceFields,
    pub(super) holder: Holder,
    /// The open assignment, which stays, is to be pinned or no longer.
    pub(super) pin: Option<bool>,
    pub(super) evidence: Vec<EvidenceStep>,
    /// What is worth knowing.
    pub(super) note: Option<String>,
}

/// What becomes of the holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Leave,
    Already(String),
    Give(Box<Person>),
    Take(Option<String>),
    Wait(String),
}

impl Holder {
    pub(super) fn verdict(&self) -> Option<(HolderVerdict, Option<&str>)> {
        match self {
            Self::Leave | Self::Take(None) => None,
            Self::Already(who) => Some((HolderVerdict::Already, Some(who))),
            Self::Give(person) => Some((HolderVerdict::Assigned, Some(&person.label))),
            Self::Take(Some(who)) => Some((HolderVerdict::Unassigned, Some(who))),
            Self::Wait(who) => Some((HolderVerdict::Waiting, Some(who))),
        }
    }
}

/// What becomes of the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EvidenceStep {
    Keep(NewEvidence),
    Drop(EvidenceKind),
}

/// What all rows have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'a> {
    pub(super) mode: ImportMode,
    /// Whether what is pinned may move.
    pub(super) move_pinned: bool,
    /// The moment of the import, as stored.
    pub(super) now: &'a str,
    /// The latest moment a row may tell of, as stored.
    pub(super) latest: &'a str,
    /// What the row's directory is called, if it names one; empty: nothing is called so.
    pub(super) integrations: Option<&'a [IntegrationId]>,
}

/// Decides, or says why the row is set aside.
pub(super) fn decide(wish: &Wish, facts: &RowFacts, ground: Ground<'_>) -> Result<Decision, String> {
    let device = facts.device.as_ref();
    match (ground.mode, device) {
        (ImportMode::Add, Some(_)) => return Err("there is such a device already (--mode add)".into()),
        (ImportMode::Update, None) => return Err("there is no such device (--mode update)".into()),
        _ => {}
    }
    if let (Some(name), Some([])) = (&wish.integration, ground.integrations) {
        return Err(format!("there is no integration '{name}'"));
    }
    not_ahead(wish, ground)?;
    let mut fields = device.map(|device| device.fields.clone()).unwrap_or_default();
    for (field, value) in &wish.fields {
        let value = if *field == DeviceField::Shared { value.clone().filter(|it| it == "true") } else { value.clone() };
        fields.set(*field, value);
    }
    let mut decision = Decision { fields, holder: Holder::Leave, pin: None, evidence: Vec::new(), note: None };
    match &wish.holder {
        Wanted::Leave => decision.pin = changed_pin(wish, device),
        Wanted::Clear => take(device, ground, &mut decision)?,
        Wanted::Be(called) => give(wish, called, facts, ground, &mut decision)?,
    }
    observed(wish, device, ground, &mut decision);
    Ok(decision)
}

/// What is dated in the future is some clock's mistake, and would be the newest word for ever.
fn not_ahead(wish: &Wish, ground: Ground<'_>) -> Result<(), String> {
    let dated = |(field, at): &'_ &(DeviceField, Option<String>)| {
        matches!(field, DeviceField::EnrolledAt | DeviceField::LastSeenAt) && at.is_some()
    };
    let fields = wish.fields.iter().filter(dated).map(|(field, at)| (field.as_str(), at.as_deref()));
    let mut all = fields.chain([("last_user_at", wish.last_user_at.as_deref())]);
    match all.find(|(_, at)| at.is_some_and(|at| at > ground.latest)) {
        Some((name, at)) => Err(format!("{name} '{}' is more than a day in the future", at.unwrap_or_default())),
        None => Ok(()),
    }
}

/// A pin that the row says to be otherwise than it is.
fn changed_pin(wish: &Wish, device: Option<&DeviceFacts>) -> Option<bool> {
    let holding = device.and_then(|device| device.holding.as_ref())?;
    wish.pin.filter(|pin| *pin != holding.pinned)
}

/// Whoever has the device may lose it, unless somebody decided for good: a list may be older than that.
fn may_move(device: Option<&DeviceFacts>, ground: Ground<'_>) -> Result<(), String> {
    match device.and_then(|device| device.holding.as_ref()) {
        Some(holding) if holding.pinned && !ground.move_pinned => {
            Err(format!("it is pinned to {}; with --move-pinned the list decides all the same", holding.person.label))
        }
        _ => Ok(()),
    }
}

fn take(device: Option<&DeviceFacts>, ground: Ground<'_>, decision: &mut Decision) -> Result<(), String> {
    may_move(device, ground)?;
    let Some(device) = device else { return Ok(()) };
    if device.evidence_of(EvidenceKind::ExpectedUser).is_some() {
        decision.evidence.push(EvidenceStep::Drop(EvidenceKind::ExpectedUser));
    }
    decision.holder = Holder::Take(device.holding.as_ref().map(|holding| holding.person.label.clone()));
    Ok(())
}

fn give(
    wish: &Wish,
    called: &Called,
    facts: &RowFacts,
    ground: Ground<'_>,
    decision: &mut Decision,
) -> Result<(), String> {
    let device = facts.device.as_ref();
    let holder = device.and_then(|device| device.holding.as_ref()).map(|holding| &holding.person);
    let meant = meant(called, &facts.matches, holder)?;
    match meant {
        Some(found) if holder.is_some_and(|holder| holder.id == found.person.id) => {
            decision.pin = changed_pin(wish, device);
            // Whoever was waited for is not any more: this row knows better.
            if let Some(waiting) = device.and_then(DeviceFacts::waiting) {
                decision.evidence.push(EvidenceStep::Keep(NewEvidence { waiting: false, ..again(waiting) }));
            }
            decision.holder = Holder::Already(found.person.label.clone());
        }
        Some(found) => {
            guard(device, ground, &decision.fields)?;
            decision.evidence.push(EvidenceStep::Keep(expected(wish, called, ground, false)));
            decision.holder = Holder::Give(Box::new(found.person.clone()));
        }
        None => {
            guard(device, ground, &decision.fields)?;
            let evidence = expected(wish, called, ground, true);
            if !device.and_then(DeviceFacts::waiting).is_some_and(|known| same_wait(known, &evidence, ground)) {
                decision.evidence.push(EvidenceStep::Keep(evidence));
            }
            let former = facts.matches.iter().find(|it| it.rank == UserMatch::Former);
            decision.note = match (holder, former) {
                (Some(holder), _) => Some(format!("until they are here it stays with {}", holder.label)),
                (None, Some(former)) => {
                    Some(format!("{} had that address once; it may be another's by now", former.person.label))
                }
                (None, None) => None,
            };
            decision.holder = Holder::Wait(called.told().to_owned());
        }
    }
    Ok(())
}

fn guard(device: Option<&DeviceFacts>, ground: Ground<'_>, after: &DeviceFields) -> Result<(), String> {
    if after.is_shared() {
        return Err("it is shared; 'dirsync devices assign' gives it to somebody all the same".into());
    }
    may_move(device, ground)
}

/// The one who is meant: by their directory's id if the row has one, else by whatever they are called; whoever holds the
/// device already, if it may be them; else the best match, of which there must be one.
fn meant<'a>(called: &Called, matches: &'a [Match], holder: Option<&Person>) -> Result<Option<&'a Match>, String> {
    let by_id = called.external_id.is_some();
    let known = |it: &&Match| it.by_external_id == by_id && it.rank != UserMatch::Former;
    let candidates: Vec<&Match> = matches.iter().filter(known).collect();
    let chosen = match candidates.iter().find(|it| holder.is_some_and(|holder| holder.id == it.person.id)) {
        Some(holder) => Some(*holder),
        None => best(called, &candidates)?,
    };
    if by_id && let Some(user) = &called.user {
        let mut of_user = matches.iter().filter(|it| !it.by_external_id).peekable();
        if of_user.peek().is_some() && !of_user.any(|it| chosen.is_some_and(|chosen| chosen.person.id == it.person.id))
        {
            return Err(format!("user_external_id and user '{user}' are two different people"));
        }
    }
    Ok(chosen)
}

fn best<'a>(called: &Called, candidates: &[&'a Match]) -> Result<Option<&'a Match>, String> {
    let worth = |it: &&&Match| (Reverse(it.rank), Reverse(it.person.of_deleted));
    let Some(top) = candidates.iter().max_by_key(worth) else { return Ok(None) };
    let equal: Vec<&&Match> = candidates.iter().filter(|it| worth(it) == worth(&top)).collect();
    if equal.len() == 1 {
        return Ok(Some(top));
    }
    let each: Vec<String> =
        equal.iter().map(|it| format!("user {} of {}", it.person.id, it.person.integration_name)).collect();
    Err(format!("'{}' may be {}; say which by integration or user_external_id", called.told(), each.join(" or ")))
}

fn expected(wish: &Wish, called: &Called, ground: Ground<'_>, waiting: bool) -> NewEvidence {
    let (value, is_external_id) = match (&called.external_id, &called.user) {
        (Some(id), _) => (id.clone(), true),
        (None, user) => (user.clone().unwrap_or_default(), false),
    };
    NewEvidence {
        kind: EvidenceKind::ExpectedUser,
        value,
        is_external_id,
        integration: ground.integrations.and_then(|all| all.first().copied()),
        observed_at: ground.now.to_owned(),
        source: "import",
        waiting,
        pinned: waiting && wish.pin == Some(true),
        reason: wish.reason.clone().filter(|_| waiting),
    }
}

/// Whether the device waits for the same person in the same way already.
fn same_wait(known: &KnownEvidence, new: &NewEvidence, ground: Ground<'_>) -> bool {
    let same_directory = match (known.integration, ground.integrations) {
        (None, None) => true,
        (Some(known), Some(all)) => all.contains(&known),
        _ => false,
    };
    known.value == new.value
        && known.is_external_id == new.is_external_id
        && same_directory
        && known.pinned == new.pinned
        && known.reason == new.reason
}

/// The same evidence once more.
fn again(known: &KnownEvidence) -> NewEvidence {
    NewEvidence {
        kind: known.kind,
        value: known.value.clone(),
        is_external_id: known.is_external_id,
        integration: known.integration,
        observed_at: known.observed_at.clone(),
        source: "import",
        waiting: known.waiting,
        pinned: known.pinned,
        reason: known.reason.clone(),
    }
}

/// What the row tells of who signed in. Of the last user an older telling is no news. That the same person enrolled the
/// device again is, where the row itself says when: rules do not count what is older than the last time it was taken from
/// somebody.
fn observed(wish: &Wish, device: Option<&DeviceFacts>, ground: Ground<'_>, decision: &mut Decision) {
    let enrolled_at = decision.fields.get(DeviceField::EnrolledAt).map(str::to_owned);
    let again = device.map(|device| device.fields.get(DeviceField::EnrolledAt)) != Some(enrolled_at.as_deref());
    for (kind, wanted, at) in [
        (EvidenceKind::EnrolledBy, &wish.enrolled_by, enrolled_at),
        (EvidenceKind::DirectoryOwner, &wish.directory_owner, None),
        (EvidenceKind::LastUser, &wish.last_user, wish.last_user_at.clone()),
    ] {
        let known = device.and_then(|device| device.evidence_of(kind));
        match wanted {
            Wanted::Leave => {}
            Wanted::Clear if known.is_some() => decision.evidence.push(EvidenceStep::Drop(kind)),
            Wanted::Clear => {}
            Wanted::Be(value) => {
                let same = known.is_some_and(|known| known.value == *value);
                // What was dated in the future before that was refused is no measure.
                let dated = known.map(|known| known.observed_at.as_str()).filter(|at| *at <= ground.latest);
                let older = dated.zip(at.as_deref()).is_some_and(|(known, at)| at <= known);
                let news = match kind {
                    EvidenceKind::LastUser => !(older || (same && at.is_none())),
                    EvidenceKind::EnrolledBy => !same || (again && at.is_some() && !older),
                    _ => !same,
                };
                if news {
                    decision.evidence.push(EvidenceStep::Keep(NewEvidence {
                        kind,
                        value: value.clone(),
                        is_external_id: false,
                        integration: None,
                        observed_at: at.unwrap_or_else(|| ground.now.to_owned()),
                        source: "import",
                        waiting: false,
                        pinned: false,
                        reason: None,
                    }));
                }
            }
        }
    }
}
