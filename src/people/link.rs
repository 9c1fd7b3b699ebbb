//! Whether two people are one: an administrator's decision, never a conclusion from addresses.

use super::LIFE_CYCLE;
use crate::model::{LinkVerdict, UserStatus};
use crate::store::{DeviceWriter, NewAssignment, Person, StoreError};

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Who was kept.
    pub kept: Person,
    /// Who is there.
    pub present: Person,
    /// Serial numbers of the devices that changed hands.
    pub devices: Vec<String>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum LinkRefusal {
    /// Somebody cannot be linked to themselves.
    #[error("both are user {0}")]
    Same(i64),
    /// There is no such person.
    #[error("there is no such person")]
    NoPerson,
    /// Who should be given up is there.
    #[error("{} (user {}) is {} in {}, and nobody who is there is given up", .0.label, .0.id, .0.status.as_str(), .0.integration_name)]
    Present(Box<Person>),
    /// Who should go on is a tombstone.
    #[error("{} (user {}) has left {} and cannot go on for somebody else", .0.label, .0.id, .0.integration_name)]
    Gone(Box<Person>),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says that `kept`, who is kept or remembered, is the same person as `present`: the devices go over, `kept` becomes a
/// tombstone, and the history of each names the other.
///
/// # Errors
/// See [`LinkRefusal`]; then nothing has changed.
pub fn link(writer: &DeviceWriter<'_>, kept: i64, present: i64) -> Result<Linked, LinkRefusal> {
    let (kept, present) = both(writer, kept, present)?;
    judge(&kept, &present)?;
    let mut devices = Vec::new();
    let reason = format!("user {} is user {}", kept.id, present.id);
    for device in writer.held_by(kept.id)? {
        let pinned = device.holding.as_ref().is_some_and(|holding| holding.pinned);
        writer.assign(&device, &present, &NewAssignment { source: "adopt", pinned, reason: Some(&reason) })?;
        devices.push(device.serial);
    }
    writer.link(&kept, &present, LinkVerdict::Same)?;
    writer.give_up(LIFE_CYCLE, &kept)?;
    Ok(Linked { kept, present, devices })
}

/// Says that they are two people, whatever they are called; they are no conflict any more.
///
/// # Errors
/// See [`LinkRefusal`]; then nothing has changed.
pub fn keep_apart(writer: &DeviceWriter<'_>, kept: i64, present: i64) -> Result<Linked, LinkRefusal> {
    let (kept, present) = both(writer, kept, present)?;
    writer.link(&kept, &present, LinkVerdict::Different)?;
    Ok(Linked { kept, present, devices: Vec::new() })
}

fn both(writer: &DeviceWriter<'_>, kept: i64, present: i64) -> Result<(Person, Person), LinkRefusal> {
    if kept == present {
        return Err(LinkRefusal::Same(kept));
    }
    let person = |id| writer.person(id)?.ok_or(LinkRefusal::NoPerson);
    Ok((person(kept)?, person(present)?))
}

fn judge(kept: &Person, present: &Person) -> Result<(), LinkRefusal> {
    let is_there = matches!(kept.status, UserStatus::Active | UserStatus::Suspended | UserStatus::OutOfScope);
    if is_there && !kept.of_deleted {
        return Err(LinkRefusal::Present(Box::new(kept.clone())));
    }
    if present.status == UserStatus::Removed {
        return Err(LinkRefusal::Gone(Box::new(present.clone())));
    }
    Ok(())
}
