//! Listing devices, and everything about one.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, named_params};

use crate::model::{Device, IntegrationId, UserStatus};
use crate::store::columns::{Mapped, id_list, moment_if_any, stamp, texts, word};
use crate::store::{Store, StoreError};

/// Which devices to list; the default is all that have not been taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFilter {
    /// Only those somebody holds, or only those nobody does.
    pub assigned: Option<bool>,
    /// Only shared ones.
    pub shared: bool,
    /// Only those whose holder has one of these statuses; empty: whatever the holder.
    pub holder_statuses: Vec<UserStatus>,
    /// Only this person's (internal id).
    pub user: Option<i64>,
    /// Only those whose holder is of these integrations.
    pub integrations: Option<Vec<IntegrationId>>,
    /// Only of this platform, without regard to case.
    pub platform: Option<String>,
    /// Only with this label, without regard to case.
    pub tag: Option<String>,
    /// Only those not heard of since.
    pub not_seen_since: Option<Timestamp>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// A device and whether it has been taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// It.
    pub device: Device,
    /// When it was taken out.
    pub removed_at: Option<Timestamp>,
}

/// What is told of a device's holder `h` beside what `device_rows` has.
const HOLDER: &str = "h.department AS user_department, h.title AS user_title, h.org_unit AS user_org_unit,
    coalesce((SELECT v.groups FROM v1_users v WHERE v.id = h.id), '[]') AS user_groups";

impl Store {
    /// Hands the devices that pass `filter`, by serial number, to `each`, one at a time.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_device<E: From<StoreError>>(
        &self,
        filter: &DeviceFilter,
        mut each: impl FnMut(Device) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .db
            .prepare_cached(&format!(
                "SELECT r.*, {HOLDER} FROM device_rows r
                 LEFT JOIN users h ON h.id = r.user_id
                 WHERE r.removed_at IS NULL
                   AND (:assigned IS NULL OR (r.user_id IS NOT NULL) = :assigned)
                   AND (NOT :shared OR r.shared)
                   AND (:statuses IS NULL OR r.user_status IN (SELECT value FROM json_each(:statuses)))
                   AND (:user IS NULL OR r.user_id = :user)
                   AND (:integrations IS NULL OR h.integration_id IN (SELECT value FROM json_each(:integrations)))
                   AND (:platform IS NULL OR r.platform = :platform COLLATE NOCASE)
                   AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(r.tags) WHERE value = :tag COLLATE NOCASE))
                   AND (:since IS NULL OR coalesce(r.last_seen_at, '') < :since)
                 ORDER BY r.serial_key, r.id LIMIT :limit"
            ))
            .map_err(StoreError::from)?;
        let statuses = filter.holder_statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>();
        let mut rows = statement
            .query(named_params! {
                ":assigned": filter.assigned,
                ":shared": filter.shared,
                ":statuses": (!statuses.is_empty()).then(|| serde_json::Value::from(statuses).to_string()),
                ":user": filter.user,
                ":integrations": filter.integrations.as_deref().map(id_list),
                ":platform": filter.platform,
                ":tag": filter.tag,
                ":since": filter.not_seen_since.map(stamp),
                ":limit": filter.limit.map_or(-1, i64::from),
            })
            .map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(device(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// The device of this serial number (in its canonical spelling); if there is none any more, the last there was.
    ///
    /// # Errors
    /// The database refuses.
    pub fn device_by_serial(&self, key: &str) -> Result<Option<KnownDevice>, StoreError> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT r.*, {HOLDER} FROM device_rows r LEFT JOIN users h ON h.id = r.user_id
             WHERE r.serial_key = ?1 ORDER BY r.removed_at IS NOT NULL, r.id DESC LIMIT 1"
        ))?;
        let known = statement.query_row([key], |row| {
            Ok(KnownDevice { device: device(row)?, removed_at: moment_if_any(row, "removed_at")? })
        });
        Ok(known.optional()?)
    }
}

fn device(row: &Row<'_>) -> Mapped<Device> {
    let user_id: Option<i64> = row.get("user_id")?;
    Ok(Device {
        id: row.get("id")?,
        serial: row.get("serial")?,
        user_email: row.get("user_email")?,
        name: row.get("name")?,
        platform: row.get("platform")?,
        model: row.get("model")?,
        asset_tag: row.get("asset_tag")?,
        blueprint: row.get("blueprint")?,
        tags: texts(row, "tags")?,
        shared: row.get("shared")?,
        udid: row.get("udid")?,
        imei: row.get("imei")?,
        mdm_id: row.get("mdm_id")?,
        user_id,
        user_display_name: row.get("user_display_name")?,
        user_status: user_id.map(|_| word(row, "user_status", UserStatus::parse)).transpose()?,
        user_integration: row.get("user_integration")?,
        user_department: row.get("user_department")?,
        user_title: row.get("user_title")?,
        user_org_unit: row.get("user_org_unit")?,
        user_groups: texts(row, "user_groups")?,
        assigned_at: moment_if_any(row, "assigned_at")?,
        assignment_source: row.get("assignment_source")?,
        pinned: row.get("pinned")?,
        waiting_for: row.get("waiting_for")?,
        enrolled_at: moment_if_any(row, "enrolled_at")?,
        last_seen_at: moment_if_any(row, "last_seen_at")?,
        created_at: moment_if_any(row, "created_at")?,
        updated_at: moment_if_any(row, "updated_at")?,
    })
}
