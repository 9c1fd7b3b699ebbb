//! Devices as they can be imported again: whom each is to belong to is said so that nobody else can be meant.

use std::collections::HashMap;

use rusqlite::Row;
use serde::Serialize;

use crate::model::EvidenceKind;
use crate::store::columns::{Mapped, texts};
use crate::store::{Store, StoreError};

/// A device as a line of an export. The first fields are what an import reads, the others are for people; names are
/// columns of the file and keys of the JSON output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedDevice {
    /// Serial number.
    pub serial_number: String,
    /// Name people see.
    pub device_name: Option<String>,
    /// Operating system or sort of device.
    pub platform: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Inventory number.
    pub asset_tag: Option<String>,
    /// What the device manager sets it up by.
    pub blueprint: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Apple's hardware id.
    pub udid: Option<String>,
    /// The telephone's number.
    pub imei: Option<String>,
    /// Its id in the device manager.
    pub mdm_id: Option<String>,
    /// Nobody's in particular.
    pub shared: bool,
    /// Whoever it waits for, else its holder's address or sign-in name.
    pub user: Option<String>,
    /// The holder's id in their directory.
    pub user_external_id: Option<String>,
    /// The directory the user is from.
    pub integration: Option<String>,
    /// Said only of a pinned assignment: to say that it is not would undo a pin that came later.
    pub pin: Option<bool>,
    /// Why it was assigned.
    pub reason: Option<String>,
    /// Who signed in at its enrolment.
    pub enrolled_by: Option<String>,
    /// When it came under management.
    pub enrolled_at: Option<String>,
    /// Whose it is in a directory of devices.
    pub directory_owner: Option<String>,
    /// Who was the last to sign in on it.
    pub last_user: Option<String>,
    /// When.
    pub last_user_at: Option<String>,
    /// When the device manager last heard of it.
    pub last_seen_at: Option<String>,
    /// The holder's internal id.
    pub user_id: Option<i64>,
    /// The holder's name.
    pub user_name: Option<String>,
    /// The holder's address.
    pub user_email: Option<String>,
    /// Where the holder stands in the life cycle.
    pub user_state: Option<String>,
    /// The directory the holder comes from.
    pub user_integration: Option<String>,
    /// The holder's department.
    pub user_department: Option<String>,
    /// The holder's job title.
    pub user_title: Option<String>,
    /// Since when it is the holder's.
    pub assigned_at: Option<String>,
    /// How it became theirs.
    pub assignment_source: Option<String>,
    /// Whether a person decided it for good.
    pub pinned: bool,
    /// The kinds of evidence that name other active people than the holder, or several where nobody has it: of
    /// [`EvidenceKind::CONTRADICTING`], as [`Store::contradictions`] finds them.
    pub contradiction: Vec<String>,
}

impl Store {
    /// Hands every device that has not been taken out, by serial number, to `each`, one at a time.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_exported_device<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(ExportedDevice) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut against: HashMap<i64, Vec<String>> = HashMap::new();
        for found in self.contradictions(&EvidenceKind::CONTRADICTING).map_err(E::from)? {
            against.entry(found.device_id).or_default().push(found.evidence.as_str().to_owned());
        }
        let mut statement = self
            .db
            .prepare(
                "SELECT r.*, u.external_id, u.user_name, u.department, u.title, a.reason AS assignment_reason,
                     w.value AS wanted, w.is_external_id AS wanted_by_id, wi.name AS wanted_from,
                     w.pinned AS wanted_pinned, w.reason AS wanted_reason,
                     b.value AS enrolled_by, o.value AS directory_owner, l.value AS last_user, l.observed_at AS last_user_at
                 FROM device_rows r
                 LEFT JOIN assignments a ON a.device_id = r.id AND a.ended_at IS NULL
                 LEFT JOIN users u ON u.id = r.user_id
                 LEFT JOIN device_evidence w ON w.device_id = r.id AND w.kind = 'expected_user' AND w.waiting = 1
                 LEFT JOIN integrations wi ON wi.id = w.integration_id
                 LEFT JOIN device_evidence b ON b.device_id = r.id AND b.kind = 'enrolled_by'
                 LEFT JOIN device_evidence o ON o.device_id = r.id AND o.kind = 'directory_owner'
                 LEFT JOIN device_evidence l ON l.device_id = r.id AND l.kind = 'last_user'
                 WHERE r.removed_at IS NULL ORDER BY r.serial_key",
            )
            .map_err(StoreError::from)?;
        let mut rows = statement.query([]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let device: i64 = row.get("id").map_err(StoreError::from)?;
            let contradiction = against.remove(&device).unwrap_or_default();
            each(ExportedDevice { contradiction, ..exported(row).map_err(StoreError::from)? })?;
        }
        Ok(())
    }
}

fn exported(row: &Row<'_>) -> Mapped<ExportedDevice> {
    let (user_id, wanted): (Option<i64>, Option<String>) = (row.get("user_id")?, row.get("wanted")?);
    let wanted_by_id = row.get::<_, Option<bool>>("wanted_by_id")?.unwrap_or_default();
    let email: Option<String> = row.get("user_email")?;
    let (user, user_external_id, integration, pin, reason) = match (wanted, user_id) {
        (Some(wanted), _) => {
            let (user, id) = if wanted_by_id { (None, Some(wanted)) } else { (Some(wanted), None) };
            (user, id, row.get("wanted_from")?, said(row.get("wanted_pinned")?), row.get("wanted_reason")?)
        }
        (None, Some(_)) => {
            let called = email.clone().or(row.get("user_name")?);
            let from: Option<String> = row.get("user_integration")?;
            (called, row.get("external_id")?, from, said(row.get("pinned")?), row.get("assignment_reason")?)
        }
        (None, None) => Default::default(),
    };
    Ok(ExportedDevice {
        serial_number: row.get("serial")?,
        device_name: row.get("name")?,
        platform: row.get("platform")?,
        model: row.get("model")?,
        asset_tag: row.get("asset_tag")?,
        blueprint: row.get("blueprint")?,
        tags: texts(row, "tags")?,
        udid: row.get("udid")?,
        imei: row.get("imei")?,
        mdm_id: row.get("mdm_id")?,
        shared: row.get("shared")?,
        user,
        user_external_id,
        integration,
        pin,
        reason,
        enrolled_by: row.get("enrolled_by")?,
        enrolled_at: row.get("enrolled_at")?,
        directory_owner: row.get("directory_owner")?,
        last_user: row.get("last_user")?,
        last_user_at: row.get("last_user_at")?,
        last_seen_at: row.get("last_seen_at")?,
        user_id,
        user_name: row.get("user_display_name")?,
        user_email: email,
        user_state: row.get("user_status")?,
        user_integration: row.get("user_integration")?,
        user_department: row.get("department")?,
        user_title: row.get("title")?,
        assigned_at: row.get("assigned_at")?,
        assignment_source: row.get("assignment_source")?,
        pinned: row.get("pinned")?,
        contradiction: Vec::new(),
    })
}

/// A pin that is; none is not said.
fn said(pinned: bool) -> Option<bool> {
    pinned.then_some(true)
}
