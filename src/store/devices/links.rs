//! Two people who are one, or are not: the devices of the one go to the other, and each one's history names the other.

use rusqlite::{Row, params};

use super::facts::{DeviceFacts, Person, device_by};
use super::writer::DeviceWriter;
use crate::model::{LifeCycle, LifeEvent, LinkVerdict, PersonLink};
use crate::store::columns::{Mapped, moment, word};
use crate::store::retention::{holds_device, moving};
use crate::store::{Store, StoreError};

impl DeviceWriter<'_> {
    /// The devices a person holds, by serial number.
    ///
    /// # Errors
    /// The database refuses.
    pub fn held_by(&self, user: i64) -> Result<Vec<DeviceFacts>, StoreError> {
        let ids: Vec<i64> = {
            let mut statement = self.db.prepare_cached(
                "SELECT d.id FROM assignments a JOIN devices d ON d.id = a.device_id
                 WHERE a.user_id = ?1 AND a.ended_at IS NULL AND d.removed_at IS NULL ORDER BY d.serial_key",
            )?;
            statement.query_map([user], |row| row.get(0))?.collect::<Mapped<_>>()?
        };
        let mut devices = Vec::new();
        for id in ids {
            devices.extend(device_by(self.db, "id", id)?);
        }
        Ok(devices)
    }

    /// Keeps a decision about two people, in the place of another one. That they are one is told in the history of each.
    ///
    /// # Errors
    /// The database refuses.
    pub fn link(&self, kept: &Person, present: &Person, verdict: LinkVerdict) -> Result<(), StoreError> {
        self.db
            .prepare_cached("DELETE FROM links WHERE kept_id = ?2 AND present_id = ?1")?
            .execute([kept.id, present.id])?;
        let decided = self
            .db
            .prepare_cached(
                "INSERT INTO links (kept_id, present_id, verdict, decided_at, decided_by) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET verdict = excluded.verdict, decided_at = excluded.decided_at,
                     decided_by = excluded.decided_by WHERE verdict <> excluded.verdict",
            )?
            .execute(params![kept.id, present.id, verdict.as_str(), self.at, self.actor])?;
        if decided > 0 && verdict == LinkVerdict::Same {
            // No address: whoever is forgotten is forgotten in the other one's history, too.
            let named = |person: &Person| format!("user {} ({})", person.id, person.integration_name);
            self.note_person(kept.id, "changed", "linked_to", [None, Some(&named(present))])?;
            self.note_person(present.id, "changed", "linked_from", [None, Some(&named(kept))])?;
        }
        Ok(())
    }

    /// Does to somebody what the table of lives says of whoever is linked to another. Nobody waits for their removal then.
    ///
    /// # Errors
    /// The database refuses.
    pub fn give_up(&self, life: LifeCycle, person: &Person) -> Result<(), StoreError> {
        let holds = format!("SELECT {}", holds_device("?1"));
        let holds: bool = self.db.prepare_cached(&holds)?.query_row([person.id], |row| row.get(0))?;
        if let Some(next) = life.next(Some(person.status), LifeEvent::Linked, holds) {
            let told = [Some(person.status.as_str()), Some(next.to.as_str())];
            self.note_person(person.id, next.change.as_str(), "status", told)?;
            self.db.execute(
                &format!("UPDATE users SET {}, content_hash = NULL WHERE id = ?1", moving("?2", "?3", "?4")),
                params![person.id, next.to.as_str(), next.reason, self.at],
            )?;
        }
        let waiting = "SELECT x.plan_id FROM plan_items x JOIN plans p ON p.id = x.plan_id
                       WHERE x.user_id = ?1 AND p.state = 'held'";
        self.db.execute(
            &format!(
                "UPDATE plans SET state = 'replaced', decided_at = ?2 WHERE id IN ({waiting})
                 AND NOT EXISTS (SELECT 1 FROM plan_items o WHERE o.plan_id = plans.id AND o.user_id <> ?1)"
            ),
            params![person.id, self.at],
        )?;
        let sql = format!("DELETE FROM plan_items WHERE user_id = ?1 AND plan_id IN ({waiting})");
        self.db.execute(&sql, [person.id])?;
        Ok(())
    }

    fn note_person(&self, user: i64, kind: &str, field: &str, told: [Option<&str>; 2]) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before,
                     after, actor)
                 SELECT integration_id, ?2, 'user', id, external_id, coalesce(email, user_name, display_name), ?3, ?4, ?5,
                        ?6, ?7
                 FROM users WHERE id = ?1",
            )?
            .execute(params![user, self.at, kind, field, told[0], told[1], self.actor])?;
        Ok(())
    }
}

impl Store {
    /// What was decided about a person and others, earliest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn links_of(&self, user: i64) -> Result<Vec<PersonLink>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT l.verdict, u.id, i.name AS integration, coalesce(u.email, u.user_name, u.display_name) AS label,
                    l.kept_id <> ?1 AS is_kept, l.decided_at, l.decided_by
             FROM (SELECT *, present_id AS other FROM links WHERE kept_id = ?1
                   UNION ALL SELECT *, kept_id FROM links WHERE present_id = ?1) l
             JOIN users u ON u.id = l.other JOIN integrations i ON i.id = u.integration_id
             ORDER BY l.decided_at, u.id",
        )?;
        Ok(statement.query_map([user], person_link)?.collect::<Mapped<_>>()?)
    }
}

fn person_link(row: &Row<'_>) -> Mapped<PersonLink> {
    Ok(PersonLink {
        verdict: word(row, "verdict", LinkVerdict::parse)?,
        id: row.get("id")?,
        integration: row.get("integration")?,
        label: row.get("label")?,
        is_kept: row.get("is_kept")?,
        decided_at: moment(row, "decided_at")?,
        decided_by: row.get("decided_by")?,
    })
}
