//! What speaks for somebody as the holder of a device.

use rusqlite::{Row, params};

use super::facts::DeviceFacts;
use super::writer::DeviceWriter;
use crate::model::{Evidence, EvidenceKind, IntegrationId};
use crate::store::columns::{Mapped, moment, word};
use crate::store::{Store, StoreError};

/// How long sign-ins are kept, counted back from a device's last.
const DAYS: i64 = 30;

/// A piece of evidence to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvidence {
    /// What sort.
    pub kind: EvidenceKind,
    /// Whom it names, as told.
    pub value: String,
    /// Whether the value is the directory's id of the person and nothing else.
    pub is_external_id: bool,
    /// The directory it was said to be of.
    pub integration: Option<IntegrationId>,
    /// When it was so, as RFC 3339 in UTC with seconds.
    pub observed_at: String,
    /// `manual` or `import`.
    pub source: &'static str,
    /// Whether the person gets the device as soon as they are here.
    pub waiting: bool,
    /// Of a waiting one: whether the assignment is to be pinned.
    pub pinned: bool,
    /// Of a waiting one: the assignment's reason.
    pub reason: Option<String>,
}

impl DeviceWriter<'_> {
    /// Keeps evidence in the place of what there is of its kind.
    ///
    /// # Errors
    /// The database refuses.
    pub fn set_evidence(&self, device: &DeviceFacts, evidence: &NewEvidence) -> Result<(), StoreError> {
        if device.evidence_of(evidence.kind).is_some() {
            self.drop_evidence(device, evidence.kind)?;
        }
        self.db
            .prepare_cached(
                "INSERT INTO device_evidence (device_id, kind, value, value_key, is_external_id, integration_id,
                     observed_at, source, waiting, pinned, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                device.id,
                evidence.kind.as_str(),
                evidence.value,
                evidence.value.to_ascii_lowercase(),
                evidence.is_external_id,
                evidence.integration.map(|integration| integration.0),
                evidence.observed_at,
                evidence.source,
                evidence.waiting,
                evidence.pinned,
                evidence.reason
            ])?;
        Ok(())
    }

    /// Forgets the evidence of a kind.
    ///
    /// # Errors
    /// The database refuses.
    pub fn drop_evidence(&self, device: &DeviceFacts, kind: EvidenceKind) -> Result<(), StoreError> {
        self.db
            .prepare_cached("DELETE FROM device_evidence WHERE device_id = ?1 AND kind = ?2")?
            .execute(params![device.id, kind.as_str()])?;
        Ok(())
    }

    /// Notes that somebody signed in on a device. What is longer ago than 30 days before the last of all is forgotten: it
    /// says nothing of the usual user any more.
    ///
    /// # Errors
    /// The database refuses.
    pub fn add_login(&self, device: i64, login: &NewEvidence) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "INSERT OR IGNORE INTO device_logins (device_id, value_key, observed_at, value, integration_id, source)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                device,
                login.value.to_ascii_lowercase(),
                login.observed_at,
                login.value,
                login.integration.map(|integration| integration.0),
                login.source
            ])?;
        self.db
            .prepare_cached(
                "DELETE FROM device_logins WHERE device_id = ?1 AND observed_at < (
                     SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(observed_at), ?2) FROM device_logins WHERE device_id = ?1)",
            )?
            .execute(params![device, format!("-{DAYS} days")])?;
        Ok(())
    }

    /// Waits for nobody any more: somebody has decided. What was told stays as evidence.
    pub(super) fn settle(&self, device: i64) -> Result<(), StoreError> {
        self.db
            .prepare_cached("UPDATE device_evidence SET waiting = 0 WHERE device_id = ?1 AND waiting = 1")?
            .execute([device])?;
        Ok(())
    }
}

impl Store {
    /// What speaks for whom as the holder of a device, the strongest kind first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn device_evidence(&self, device: i64) -> Result<Vec<Evidence>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT e.*, i.name AS integration FROM (
                 SELECT kind, value, value_key, is_external_id, integration_id, observed_at, source, waiting, NULL AS times
                 FROM device_evidence WHERE device_id = ?1
                 UNION ALL
                 SELECT 'login', max(value), value_key, 0, integration_id, max(observed_at), max(source), 0, count(*)
                 FROM device_logins WHERE device_id = ?1 GROUP BY value_key, integration_id) e
             LEFT JOIN integrations i ON i.id = e.integration_id ORDER BY e.value_key",
        )?;
        let mut found: Vec<Evidence> = statement.query_map([device], evidence)?.collect::<Mapped<_>>()?;
        found.sort_by_key(|evidence| EvidenceKind::ALL.iter().position(|kind| *kind == evidence.kind));
        Ok(found)
    }
}

fn evidence(row: &Row<'_>) -> Mapped<Evidence> {
    Ok(Evidence {
        kind: word(row, "kind", EvidenceKind::parse)?,
        value: row.get("value")?,
        is_external_id: row.get("is_external_id")?,
        integration: row.get("integration")?,
        observed_at: moment(row, "observed_at")?,
        source: row.get("source")?,
        waiting: row.get("waiting")?,
        times: row.get("times")?,
    })
}
