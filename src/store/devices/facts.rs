//! What a decision about one device needs to know: its fields, its holder, what speaks for whom.

use rusqlite::{Connection, OptionalExtension, Row};

use super::fields::{SELECTED, fields};
use crate::model::{DeviceFields, EvidenceKind, IntegrationId, UserStatus};
use crate::store::columns::{Mapped, word};

/// Somebody who holds a device or may come to hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Internal id.
    pub id: i64,
    /// The directory they come from.
    pub integration: IntegrationId,
    /// Its name.
    pub integration_name: String,
    /// Whether that directory is no longer connected.
    pub of_deleted: bool,
    /// Where they stand in the life cycle.
    pub status: UserStatus,
    /// An address, else a name, else the directory's id.
    pub label: String,
}

/// The open assignment of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Whose it is.
    pub person: Person,
    /// Whether a person decided it for good.
    pub pinned: bool,
    /// How firm it is: [`crate::model::RANK_OF_HAND`], [`crate::model::RANK_OF_LIST`], or the number of a rule.
    pub rank: i64,
}

/// A piece of evidence as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownEvidence {
    /// What sort.
    pub kind: EvidenceKind,
    /// Whom it names, as told.
    pub value: String,
    /// Whether the value is a directory's id.
    pub is_external_id: bool,
    /// The directory it was said to be of.
    pub integration: Option<IntegrationId>,
    /// When it was so, as stored.
    pub observed_at: String,
    /// Whether the person gets the device as soon as they are here.
    pub waiting: bool,
    /// Of a waiting one: whether the assignment is to be pinned.
    pub pinned: bool,
    /// Of a waiting one: the assignment's reason.
    pub reason: Option<String>,
}

/// A device that has not been taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceFacts {
    /// Internal id.
    pub id: i64,
    /// Serial number as it was first given.
    pub serial: String,
    /// Its fields.
    pub fields: DeviceFields,
    /// Who has it.
    pub holding: Option<Holding>,
    /// What speaks for whom.
    pub evidence: Vec<KnownEvidence>,
    /// Whether it was added just now, so that nobody has ever held it.
    pub is_new: bool,
}

impl DeviceFacts {
    /// The evidence of a kind of which there is one at a time.
    pub fn evidence_of(&self, kind: EvidenceKind) -> Option<&KnownEvidence> {
        self.evidence.iter().find(|evidence| evidence.kind == kind)
    }

    /// Whom it waits for.
    pub fn waiting(&self) -> Option<&KnownEvidence> {
        self.evidence.iter().find(|evidence| evidence.waiting)
    }
}

/// Columns of a person `u` of the integration `i`, each with a prefix of its own.
pub(super) const PERSON: &str = "u.id AS person_id, u.integration_id AS person_integration, i.name AS person_from,
    i.deleted_at IS NOT NULL AS person_of_deleted, u.status AS person_status,
    coalesce(u.email, u.user_name, u.display_name, u.external_id) AS person_label";

pub(super) fn person(row: &Row<'_>) -> Mapped<Person> {
    Ok(Person {
        id: row.get("person_id")?,
        integration: IntegrationId(row.get("person_integration")?),
        integration_name: row.get("person_from")?,
        of_deleted: row.get("person_of_deleted")?,
        status: word(row, "person_status", UserStatus::parse)?,
        label: row.get("person_label")?,
    })
}

/// What [`facts`] reads, of a device `d`.
pub(super) fn selected() -> String {
    format!("d.id AS device_id, d.serial, {SELECTED}, a.pinned AS pinned, a.rank AS rank, {PERSON}")
}

/// Joins a device's holder.
pub(super) const HOLDER: &str = "LEFT JOIN assignments a ON a.device_id = d.id AND a.ended_at IS NULL
    LEFT JOIN users u ON u.id = a.user_id LEFT JOIN integrations i ON i.id = u.integration_id";

/// A device without its evidence; `None` if the row has none.
pub(super) fn facts(row: &Row<'_>) -> Mapped<Option<DeviceFacts>> {
    let Some(id) = row.get::<_, Option<i64>>("device_id")? else { return Ok(None) };
    let pinned: Option<bool> = row.get("pinned")?;
    let holding =
        pinned.map(|pinned| Ok::<_, rusqlite::Error>(Holding { person: person(row)?, pinned, rank: row.get("rank")? }));
    let holding = holding.transpose()?;
    let (serial, fields) = (row.get("serial")?, fields(row)?);
    Ok(Some(DeviceFacts { id, serial, fields, holding, evidence: Vec::new(), is_new: false }))
}

pub(super) fn known_evidence(row: &Row<'_>) -> Mapped<KnownEvidence> {
    Ok(KnownEvidence {
        kind: word(row, "kind", EvidenceKind::parse)?,
        value: row.get("value")?,
        is_external_id: row.get("is_external_id")?,
        integration: row.get::<_, Option<i64>>("integration_id")?.map(IntegrationId),
        observed_at: row.get("observed_at")?,
        waiting: row.get("waiting")?,
        pinned: row.get("pinned")?,
        reason: row.get("reason")?,
    })
}

pub(super) fn device_by(db: &Connection, column: &str, value: impl rusqlite::ToSql) -> Mapped<Option<DeviceFacts>> {
    let sql = format!("SELECT {} FROM devices d {HOLDER} WHERE d.{column} = ?1 AND d.removed_at IS NULL", selected());
    let found = db.prepare_cached(&sql)?.query_row([value], facts).optional()?.flatten();
    let Some(mut found) = found else { return Ok(None) };
    let mut statement = db.prepare_cached("SELECT * FROM device_evidence WHERE device_id = ?1")?;
    found.evidence = statement.query_map([found.id], known_evidence)?.collect::<Mapped<_>>()?;
    Ok(Some(found))
}
