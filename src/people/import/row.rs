//! What one row wishes: an empty value leaves things as they are, `null` clears.

use csv::{ByteRecord, StringRecord};

use super::header::{Layout, Meaning};
use crate::model::{DeviceField, formula};
use crate::people::serial::is_null;
use crate::people::values::{canonical, moment, shortened, truth};
use crate::people::{InvalidSerial, Serial};

/// A wish for one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Wanted<T> {
    #[default]
    Leave,
    Clear,
    Be(T),
}

/// Whoever is to have the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) user: Option<String>,
    pub(super) external_id: Option<String>,
}

impl Called {
    /// As told, for people.
    pub(super) fn told(&self) -> &str {
        self.user.as_deref().or(self.external_id.as_deref()).unwrap_or_default()
    }
}

/// A row that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) serial: Serial,
    pub(super) fields: Vec<(DeviceField, Option<String>)>,
    pub(super) holder: Wanted<Called>,
    /// The name of the directory the user is from.
    pub(super) integration: Option<String>,
    pub(super) enrolled_by: Wanted<String>,
    pub(super) directory_owner: Wanted<String>,
    pub(super) last_user: Wanted<String>,
    pub(super) last_user_at: Option<String>,
    pub(super) pin: Option<bool>,
    pub(super) reason: Option<String>,
}

/// A row that cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) serial: Option<Serial>,
    /// What stands where the serial number should be.
    pub(super) told: Option<String>,
    pub(super) reason: String,
}

const FIELDS: [DeviceField; 12] = DeviceField::ALL;

/// Reads a row of a sheet that is `width` columns wide.
pub(super) fn read(layout: &Layout, width: usize, record: &ByteRecord) -> Result<Wish, Unreadable> {
    let unnamed = |told: Option<String>, reason: String| Unreadable { serial: None, told, reason };
    let record = StringRecord::from_byte_record(record.clone())
        .map_err(|_| unnamed(None, "the row is not in UTF-8; save the file as \"CSV UTF-8\"".into()))?;
    let value = |meaning| {
        let text = layout.place(meaning).and_then(|place| record.get(place)).unwrap_or_default();
        // What stood behind the ' may begin with a space or a tab, which no value does.
        formula::rearmed(text.trim()).trim()
    };
    let told = value(Meaning::Serial);
    // A row of another width may have its values in the wrong columns, the serial number included.
    if record.len() != width {
        let reason = format!("the row has {} values, the header {width}", record.len());
        return Err(unnamed((!told.is_empty()).then(|| shortened(told)), reason));
    }
    let serial = Serial::parse(told)
        .map_err(|error: InvalidSerial| unnamed((!told.is_empty()).then(|| shortened(told)), error.to_string()))?;
    match wish(serial.clone(), value) {
        Ok(wish) => Ok(wish),
        Err(reason) => Err(Unreadable { told: Some(serial.given.clone()), serial: Some(serial), reason }),
    }
}

fn wish<'a>(serial: Serial, value: impl Fn(Meaning) -> &'a str) -> Result<Wish, String> {
    let mut fields = Vec::new();
    for field in FIELDS {
        let text = value(Meaning::Field(field));
        if !text.is_empty() {
            fields.push((field, canonical(field, text)?));
        }
    }
    let wanted = |meaning| match value(meaning) {
        "" => Wanted::Leave,
        text if is_null(text) => Wanted::Clear,
        text => Wanted::Be(text.to_owned()),
    };
    let holder = match (wanted(Meaning::User), wanted(Meaning::UserExternalId)) {
        (Wanted::Leave, Wanted::Leave) => Wanted::Leave,
        (Wanted::Clear, Wanted::Leave | Wanted::Clear) | (Wanted::Leave, Wanted::Clear) => Wanted::Clear,
        (Wanted::Be(user), Wanted::Leave) => Wanted::Be(Called { user: Some(user), external_id: None }),
        (Wanted::Leave, Wanted::Be(id)) => Wanted::Be(Called { user: None, external_id: Some(id) }),
        (Wanted::Be(user), Wanted::Be(id)) => Wanted::Be(Called { user: Some(user), external_id: Some(id) }),
        (Wanted::Clear, Wanted::Be(_)) | (Wanted::Be(_), Wanted::Clear) => {
            return Err("user and user_external_id disagree: one is null".into());
        }
    };
    let pin = match value(Meaning::Pin) {
        "" => None,
        text if is_null(text) => Some(false),
        text => Some(truth(text).ok_or_else(|| format!("pin '{}' is neither true nor false", shortened(text)))?),
    };
    let last_user_at = match value(Meaning::LastUserAt) {
        "" => None,
        text if is_null(text) => None,
        text => Some(moment(text).ok_or_else(|| format!("last_user_at '{}' is no time", shortened(text)))?),
    };
    let text = |meaning| Some(value(meaning)).filter(|text| !text.is_empty() && !is_null(text)).map(str::to_owned);
    Ok(Wish {
        serial,
        fields,
        holder,
        integration: text(Meaning::Integration),
        enrolled_by: wanted(Meaning::EnrolledBy),
        directory_owner: wanted(Meaning::DirectoryOwner),
        last_user: wanted(Meaning::LastUser),
        last_user_at,
        pin,
        reason: text(Meaning::Reason),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(header: &str, values: &str) -> Result<Wish, Unreadable> {
        let layout = Layout::read(header.split(','), None, &[]);
        read(&layout, header.split(',').count(), &values.split(',').collect::<Vec<_>>().into())
    }

    #[test]
    fn empty_leaves_and_null_clears() {
        let header = "serial,user,device_name,model,shared,pin,enrolled_by";
        let wish = row(header, "c02, null ,,NULL,no,1,Ada@Example.com").unwrap();
        assert_eq!(wish.serial.key, "C02");
        assert_eq!(wish.holder, Wanted::Clear);
        assert_eq!(wish.fields, [(DeviceField::Model, None), (DeviceField::Shared, Some("false".into()))]);
        assert_eq!((wish.pin, wish.enrolled_by), (Some(true), Wanted::Be("Ada@Example.com".into())));
        let wish = row(header, "c02,,,,,,").unwrap();
        assert_eq!((wish.holder, wish.pin, wish.enrolled_by), (Wanted::Leave, None, Wanted::Leave));
    }

    #[test]
    fn what_was_disarmed_for_a_spreadsheet_is_read_as_it_was() {
        let wish = row("serial,user,device_name,tags", "'=1+1,'+ada,''-x,'quoted'").unwrap();
        assert_eq!((&*wish.serial.given, &*wish.serial.key), ("=1+1", "=1+1"));
        assert_eq!(row("serial,reason", "S1,'\t!").unwrap().reason.as_deref(), Some("!"));
        assert_eq!(wish.holder, Wanted::Be(Called { user: Some("+ada".into()), external_id: None }));
        let fields = [(DeviceField::Name, Some("'-x".into())), (DeviceField::Tags, Some("'quoted'".into()))];
        assert_eq!(wish.fields, fields);
    }

    #[test]
    fn what_cannot_be_read_says_why_and_which_device() {
        let reason = |header: &str, values: &str| row(header, values).unwrap_err().reason;
        assert_eq!(reason("serial,user", "C02"), "the row has 1 values, the header 2");
        assert_eq!(reason("serial,user", ",a@b"), "the serial number is empty");
        assert_eq!(reason("serial,shared", "C02,perhaps"), "shared 'perhaps' is neither true nor false");
        assert!(reason("serial,user,user_external_id", "C02,null,7").contains("disagree"));
        let layout = Layout::read(["serial"].into_iter(), None, &[]);
        let unreadable = read(&layout, 1, &ByteRecord::from(vec![&b"\xff"[..]])).unwrap_err();
        assert!(unreadable.reason.contains("UTF-8"));
    }
}
