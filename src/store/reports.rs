//! Reports: leavers with devices, devices of nobody, people without one, evidence against holders.

use jiff::Timestamp;
use rusqlite::{Row, named_params};

use super::columns::{Mapped, id_list, literal, moment, moment_if_any, stamp, texts, word};
use super::{Store, StoreError};
use crate::model::{IntegrationId, Leaver, UnassignedDevice, UserStatus, WithoutDevice};

/// Which leavers to list; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaverFilter {
    /// Only whose status is what it is since then.
    pub since: Option<Timestamp>,
    /// Only of these integrations; `None`: of all.
    pub integrations: Option<Vec<IntegrationId>>,
}

/// Which people without a device to list; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WithoutDeviceFilter {
    /// Only of these integrations; `None`: of all.
    pub integrations: Option<Vec<IntegrationId>>,
    /// Only direct members of this group (internal id).
    pub group: Option<i64>,
    /// Only of this department, without regard to case.
    pub department: Option<String>,
    /// Only in this org unit or below.
    pub org_unit: Option<String>,
}

/// The manager of a person `u`: by address where known here.
const MANAGER: &str = "coalesce((SELECT coalesce(b.email, b.user_name) FROM users b
    WHERE b.integration_id = u.integration_id AND b.external_id = u.manager), u.manager) AS manager";

/// Somebody suspended who goes from one of these to the other is no newer a leaver by that.
const HERE: &str = "('suspended', 'out_of_scope')";

impl Store {
    /// Hands the people who are suspended (also where the scope leaves them out), missing or retained and hold a device to
    /// `each`, the latest to leave first.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_leaver<E: From<StoreError>>(
        &self,
        filter: &LeaverFilter,
        each: impl FnMut(Leaver) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT u.id, i.name AS integration, u.status, l.since, u.status_reason, u.email, u.display_name, {MANAGER},
                    u.department, l.devices, l.held_since, l.last_seen_at
             FROM (SELECT h.id, min(a.started_at) AS held_since, max(d.last_seen_at) AS last_seen_at,
                          json_group_array(d.serial ORDER BY d.serial_key) AS devices,
                          coalesce((SELECT c.at FROM changes c WHERE c.subject_id = h.id AND c.subject = 'user'
                                      AND c.field IN ('status', 'directory_status')
                                      AND NOT (coalesce(c.before, '') IN {HERE} AND coalesce(c.after, '') IN {HERE})
                                    ORDER BY c.id DESC LIMIT 1), h.created_at) AS since
                   FROM assignments a CROSS JOIN users h ON h.id = a.user_id CROSS JOIN devices d ON d.id = a.device_id
                   WHERE a.ended_at IS NULL AND d.removed_at IS NULL AND (
                       h.status IN ('suspended', 'missing', 'retained')
                       OR h.status = 'out_of_scope' AND h.status_before = 'suspended')
                   GROUP BY h.id) l
             CROSS JOIN users u ON u.id = l.id CROSS JOIN integrations i ON i.id = u.integration_id
             WHERE (:since IS NULL OR l.since >= :since)
               AND (:integrations IS NULL OR u.integration_id IN (SELECT value FROM json_each(:integrations)))
             ORDER BY l.since DESC, u.id"
        );
        let parameters = named_params! {
            ":since": filter.since.map(stamp),
            ":integrations": filter.integrations.as_deref().map(id_list),
        };
        self.hand(&sql, parameters, leaver, each)
    }

    /// Hands the devices that nobody holds to `each`, those of nobody in particular only if `shared` is set.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_unassigned_device<E: From<StoreError>>(
        &self,
        shared: bool,
        each: impl FnMut(UnassignedDevice) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT d.serial, d.name, d.platform, d.model, d.shared,
                    (SELECT e.value FROM device_evidence e
                     WHERE e.device_id = d.id AND e.kind = 'expected_user' AND e.waiting = 1) AS waiting_for,
                    coalesce(u.email, u.user_name, u.display_name) AS last_holder, l.ended_at AS unassigned_at,
                    d.last_seen_at
             FROM devices d
             LEFT JOIN assignments l ON l.id = (SELECT max(m.id) FROM assignments m WHERE m.device_id = d.id)
             LEFT JOIN users u ON u.id = l.user_id
             WHERE d.removed_at IS NULL AND (:shared OR NOT d.shared)
               AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.device_id = d.id AND a.ended_at IS NULL)
             ORDER BY d.serial_key";
        self.hand(sql, named_params! {":shared": shared}, unassigned, each)
    }

    /// Hands the active people who hold no device to `each`, by address.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_without_device<E: From<StoreError>>(
        &self,
        filter: &WithoutDeviceFilter,
        each: impl FnMut(WithoutDevice) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT u.id, i.name AS integration, u.email, u.display_name, u.title, u.department, {MANAGER}, u.location,
                    u.org_unit, u.created_at
             FROM users u JOIN integrations i ON i.id = u.integration_id
             WHERE u.status = 'active'
               AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.user_id = u.id AND a.ended_at IS NULL)
               AND (:integrations IS NULL OR u.integration_id IN (SELECT value FROM json_each(:integrations)))
               AND (:department IS NULL OR u.department = :department COLLATE NOCASE)
               AND (:unit IS NULL OR u.org_unit = :unit COLLATE NOCASE OR u.org_unit LIKE :below ESCAPE '\\')
               AND (:group IS NULL OR EXISTS (
                    SELECT 1 FROM memberships m JOIN groups g ON g.id = m.group_id
                    WHERE m.group_id = :group AND m.member_external_id = u.external_id
                      AND g.integration_id = u.integration_id))
             ORDER BY lower(u.email), u.id"
        );
        let unit = filter.org_unit.as_deref().map(|unit| if unit == "/" { unit } else { unit.trim_end_matches('/') });
        let parameters = named_params! {
            ":integrations": filter.integrations.as_deref().map(id_list),
            ":group": filter.group,
            ":department": filter.department,
            ":unit": unit,
            ":below": unit.map(|unit| format!("{}/%", literal(unit.trim_end_matches('/')))),
        };
        self.hand(&sql, parameters, without_device, each)
    }

    fn hand<T, E: From<StoreError>>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: fn(&Row<'_>) -> Mapped<T>,
        mut each: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.db.prepare_cached(sql).map_err(StoreError::from)?;
        let mut rows = statement.query(parameters).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(read(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }
}

fn leaver(row: &Row<'_>) -> Mapped<Leaver> {
    Ok(Leaver {
        id: row.get("id")?,
        integration: row.get("integration")?,
        status: word(row, "status", UserStatus::parse)?,
        status_since: moment(row, "since")?,
        reason: row.get("status_reason")?,
        email: row.get("email")?,
        display_name: row.get("display_name")?,
        manager: row.get("manager")?,
        department: row.get("department")?,
        devices: texts(row, "devices")?,
        held_since: moment(row, "held_since")?,
        last_seen_at: moment_if_any(row, "last_seen_at")?,
    })
}

fn unassigned(row: &Row<'_>) -> Mapped<UnassignedDevice> {
    Ok(UnassignedDevice {
        serial: row.get("serial")?,
        name: row.get("name")?,
        platform: row.get("platform")?,
        model: row.get("model")?,
        shared: row.get("shared")?,
        waiting_for: row.get("waiting_for")?,
        last_holder: row.get("last_holder")?,
        unassigned_at: moment_if_any(row, "unassigned_at")?,
        last_seen_at: moment_if_any(row, "last_seen_at")?,
    })
}

fn without_device(row: &Row<'_>) -> Mapped<WithoutDevice> {
    Ok(WithoutDevice {
        id: row.get("id")?,
        integration: row.get("integration")?,
        email: row.get("email")?,
        display_name: row.get("display_name")?,
        title: row.get("title")?,
        department: row.get("department")?,
        manager: row.get("manager")?,
        location: row.get("location")?,
        org_unit: row.get("org_unit")?,
        created_at: moment(row, "created_at")?,
    })
}
