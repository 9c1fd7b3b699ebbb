//! A device's fields to columns and back: labels are a JSON array there, being shared a number.

use rusqlite::types::Value;
use rusqlite::{Row, types::Null};

use crate::model::{DeviceField, DeviceFields};
use crate::store::columns::Mapped;

/// What joins labels in their canonical spelling.
const SEPARATOR: char = ';';

/// The columns, of a device `d`, in the order of [`DeviceField::ALL`].
pub(super) const SELECTED: &str = "d.name, d.platform, d.model, d.asset_tag, d.blueprint, d.tags, d.shared, d.udid,
    d.imei, d.mdm_id, d.enrolled_at, d.last_seen_at";

pub(super) fn fields(row: &Row<'_>) -> Mapped<DeviceFields> {
    let mut fields = DeviceFields::default();
    for field in DeviceField::ALL {
        let value = match field {
            DeviceField::Tags => {
                let json: String = row.get("tags")?;
                let tags: Vec<String> = serde_json::from_str(&json).unwrap_or_default();
                (!tags.is_empty()).then(|| tags.join(&SEPARATOR.to_string()))
            }
            DeviceField::Shared => row.get::<_, bool>("shared")?.then(|| "true".to_owned()),
            field => row.get(field.as_str())?,
        };
        fields.set(field, value);
    }
    Ok(fields)
}

/// The value of `field` for its column.
pub(super) fn column(fields: &DeviceFields, field: DeviceField) -> Value {
    match (field, fields.get(field)) {
        (DeviceField::Tags, value) => {
            let tags: Vec<&str> = value.map(|tags| tags.split(SEPARATOR).collect()).unwrap_or_default();
            Value::Text(serde_json::Value::from(tags).to_string())
        }
        (DeviceField::Shared, value) => Value::Integer(i64::from(value == Some("true"))),
        (_, Some(value)) => Value::Text(value.to_owned()),
        (_, None) => Value::from(Null),
    }
}
