//! Who may be given a device, and what happens to whoever has it.

use super::Serial;
use crate::model::UserStatus;
use crate::store::{DeviceFacts, DeviceWriter, NewAssignment, Person, StoreError};

/// How a device is to be assigned by command.
#[derive(Clone, Copy, Debug, Default)]
pub struct Assign<'a> {
    /// No rule and no plain import may change it.
    pub pin: bool,
    /// It may be taken from somebody else.
    pub replace: bool,
    /// Why, in the words of whoever does it.
    pub reason: Option<&'a str>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The device's serial number.
    pub serial: String,
    /// Who has it now.
    pub holder: Option<Person>,
    /// Who had it before.
    pub before: Option<Person>,
    /// Whether whoever had it already has it in another way now: by hand, for another reason, or for good.
    pub confirmed: bool,
}

impl Given {
    /// Whether another person has it now.
    pub fn changed(&self) -> bool {
        self.holder.as_ref().map(|it| it.id) != self.before.as_ref().map(|it| it.id)
    }
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such device.
    #[error("there is no device '{0}'")]
    NoDevice(String),
    /// There is no such person any more.
    #[error("there is no such person")]
    NoPerson,
    /// Somebody else has it.
    #[error("{serial} is held by {} ({}, user {})", .holder.label, .holder.integration_name, .holder.id)]
    Held {
        /// The device.
        serial: String,
        /// Who has it.
        holder: Box<Person>,
    },
    /// Nobody has it.
    #[error("nobody holds {0}")]
    NotHeld(String),
    /// The person has left the directory and is a tombstone.
    #[error("{} has left {} and cannot be given a device", .0.label, .0.integration_name)]
    Gone(Box<Person>),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a device to a person. Somebody who is suspended, out of scope, missing or retained may be given one by command (one who
/// starts next week, one whose laptop is repaired); a tombstone may not.
///
/// # Errors
/// See [`Refusal`]; then nothing has changed.
pub fn assign(writer: &DeviceWriter<'_>, serial: &Serial, user: i64, how: &Assign<'_>) -> Result<Given, Refusal> {
    let device = known(writer, serial)?;
    let person = writer.person(user)?.ok_or(Refusal::NoPerson)?;
    let before = device.holding.as_ref().map(|holding| holding.person.clone());
    let assignment = NewAssignment { source: "manual", pinned: how.pin, reason: how.reason };
    let mut confirmed = false;
    match judge(&device, &person, how.replace)? {
        true => writer.assign(&device, &person, &assignment)?,
        false => {
            // It is theirs already; from now on because somebody said so.
            confirmed = writer.confirm_by_hand(&device, &assignment)?;
            if how.pin && device.holding.as_ref().is_some_and(|holding| !holding.pinned) {
                writer.pin(&device, true)?;
                confirmed = true;
            }
        }
    }
    Ok(Given { serial: device.serial, holder: Some(person), before, confirmed })
}

/// Whether the device has to change hands at all, and may.
fn judge(device: &DeviceFacts, person: &Person, replace: bool) -> Result<bool, Refusal> {
    if person.status == UserStatus::Removed {
        return Err(Refusal::Gone(Box::new(person.clone())));
    }
    match &device.holding {
        Some(holding) if holding.person.id == person.id => Ok(false),
        Some(holding) if !replace => {
            Err(Refusal::Held { serial: device.serial.clone(), holder: Box::new(holding.person.clone()) })
        }
        _ => Ok(true),
    }
}

/// Takes a device from whoever has it.
///
/// # Errors
/// There is no such device.
pub fn unassign(writer: &DeviceWriter<'_>, serial: &Serial, reason: Option<&str>) -> Result<Given, Refusal> {
    let device = known(writer, serial)?;
    writer.unassign(&device, "manual", reason)?;
    let before = device.holding.map(|holding| holding.person);
    Ok(Given { serial: device.serial, holder: None, before, confirmed: false })
}

/// Gives a device from one person to another, if the first has it.
///
/// # Errors
/// See [`Refusal`]; then nothing has changed.
pub fn handover(
    writer: &DeviceWriter<'_>,
    serial: &Serial,
    from: i64,
    to: i64,
    how: &Assign<'_>,
) -> Result<Given, Refusal> {
    let device = known(writer, serial)?;
    match &device.holding {
        None => Err(Refusal::NotHeld(device.serial)),
        Some(holding) if holding.person.id != from => {
            Err(Refusal::Held { serial: device.serial.clone(), holder: Box::new(holding.person.clone()) })
        }
        Some(_) => assign(writer, serial, to, &Assign { replace: true, ..*how }),
    }
}

fn known(writer: &DeviceWriter<'_>, serial: &Serial) -> Result<DeviceFacts, Refusal> {
    writer.device(&serial.key)?.ok_or_else(|| Refusal::NoDevice(serial.given.clone()))
}
