//! The staging of what a directory tells of its objects, one telling after another: each adds to what was said before,
//! in this round or, where a round tells changes only, in all rounds before it.

use rusqlite::{OptionalExtension, params};

use super::staging::{GROUPS, Kind, USERS, content_hash, is_there};
use super::{Stage, StoreError};
use crate::model::{MemberChange, News, ObjectChange, Place, Reading, Record, Source, Stream};

/// Members written by one statement: most of a small one's cost is the statement itself.
const MEMBERS_AT_ONCE: usize = 64;

/// The stored row of an object: number, status (of a group: empty), and fingerprint.
type StoredRow = (i64, String, Option<Vec<u8>>);

/// What was said of an object before a telling.
struct Before {
    source: Source,
    /// Whether it was told of in this round before.
    told: bool,
}

impl Stage {
    /// Takes in a page of a stream.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn told(
        &mut self,
        stream: Stream,
        changes: Vec<Record<ObjectChange>>,
        place: &Place,
        reading: Reading,
    ) -> Result<(), StoreError> {
        let whole = self.is_whole(stream)?;
        for change in changes {
            match (stream, change) {
                (Stream::People, Record::Read(change)) => self.person_told(change, whole, reading)?,
                (Stream::Groups, Record::Read(change)) => self.group_told(change, whole, reading)?,
                (Stream::People, Record::Refused { external_id, reason }) => {
                    self.tally.users += 1;
                    self.tally.users_repeated +=
                        i64::from(self.refuse_record(&USERS, external_id.as_deref(), &reason)?);
                }
                (Stream::Groups, Record::Refused { external_id, reason }) => {
                    // Of a group with an id it is the members that cannot be read: here is not all that came and went.
                    if let Some(id) = &external_id {
                        self.members_failed(id, &reason)?;
                    }
                    self.tally.groups += 1;
                    self.tally.groups_repeated +=
                        i64::from(self.refuse_record(&GROUPS, external_id.as_deref(), &reason)?);
                }
            }
        }
        self.reached(stream, place)
    }

    fn person_told(&mut self, change: ObjectChange, whole: bool, reading: Reading) -> Result<(), StoreError> {
        let id = change.external_id;
        let News::There(said) = change.news else {
            let untold = self.untell(&USERS, &id)?;
            self.tally.users_repeated += i64::from(untold);
            let mut gone = self.store.db.prepare_cached(
                "INSERT INTO stage.deleted_users (external_id, purged) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET purged = max(purged, excluded.purged)",
            )?;
            gone.execute(params![id, change.news == News::Purged])?;
            return Ok(());
        };
        self.not_deleted(&USERS, &id)?;
        let readable_at_last = self.withdraw_refusal(&USERS, &id)?;
        let stored = self.stored(&USERS, &id)?;
        let Before { source, told } = self.before(&USERS, &id, stored.as_ref(), whole)?;
        let source = merged(source, said);
        let person = (reading.user)(&id, &source);
        let source = text(source);
        let hash = content_hash(&(&person, &source));
        match stored {
            Some((row, status, Some(before))) if before == hash && is_there(&status) => {
                self.forget(USERS.staged, &id)?;
                self.mark(USERS.seen, row)?;
            }
            stored => {
                let (row, was) = stored.map(|(row, status, _)| (row, status)).unzip();
                if let Some(row) = row {
                    self.unmark(USERS.seen, row)?;
                }
                self.write_user_anew(&person, Some(&source), row, was.as_deref(), &hash)?;
            }
        }
        self.tally.users += 1;
        self.tally.users_repeated += i64::from(told || readable_at_last);
        Ok(())
    }

    fn group_told(&mut self, change: ObjectChange, whole: bool, reading: Reading) -> Result<(), StoreError> {
        let id = change.external_id;
        let News::There(said) = change.news else {
            let untold = self.untell(&GROUPS, &id)?;
            self.tally.groups_repeated += i64::from(untold);
            self.forget_list(&id)?;
            let mut gone =
                self.store.db.prepare_cached("INSERT OR IGNORE INTO stage.deleted_groups (external_id) VALUES (?1)")?;
            gone.execute([id])?;
            return Ok(());
        };
        self.not_deleted(&GROUPS, &id)?;
        let readable_at_last = self.withdraw_refusal(&GROUPS, &id)?;
        let stored = self.stored(&GROUPS, &id)?;
        let Before { source, told } = self.before(&GROUPS, &id, stored.as_ref(), whole)?;
        let source = merged(source, said);
        let group = (reading.group)(&id, &source);
        let source = text(source);
        let hash = content_hash(&(&group, &source));
        match stored {
            Some((row, _, Some(before))) if before == hash => {
                self.forget(GROUPS.staged, &id)?;
                self.mark(GROUPS.seen, row)?;
            }
            stored => {
                let row = stored.map(|(row, ..)| row);
                if let Some(row) = row {
                    self.unmark(GROUPS.seen, row)?;
                }
                self.forget(GROUPS.staged, &id)?;
                self.write_group(&group, Some(&source), row, &hash)?;
            }
        }
        self.tally.groups += 1;
        self.tally.groups_repeated += i64::from(told || readable_at_last);
        self.members_told(&id, change.members)
    }

    /// Somebody or something that is there is not deleted, whatever was told before.
    fn not_deleted(&self, kind: &Kind, id: &str) -> Result<(), StoreError> {
        if self.any_deleted {
            let sql = format!("DELETE FROM stage.deleted_{} WHERE external_id = ?1", kind.staged);
            self.store.db.prepare_cached(&sql)?.execute([id])?;
        }
        Ok(())
    }

    fn stored(&self, kind: &Kind, id: &str) -> Result<Option<StoredRow>, StoreError> {
        let status = if kind.staged == USERS.staged { "status" } else { "''" };
        let mut stored = self.store.db.prepare_cached(&format!(
            "SELECT id, {status}, content_hash FROM {} WHERE integration_id = ?1 AND external_id = ?2",
            kind.staged
        ))?;
        let row = stored.query_row(params![self.integration.0, id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        Ok(row.optional()?)
    }

    /// What was said of an object. In a round of everything, what was said before the round says nothing any more: a
    /// property that is not told has no value. Unless something in the round could not be read, which may have been what
    /// was to be said of this object.
    fn before(&self, kind: &Kind, id: &str, stored: Option<&StoredRow>, whole: bool) -> Result<Before, StoreError> {
        let db = &self.store.db;
        let source = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let staged: Option<Option<String>> = db
            .prepare_cached(&format!("SELECT source FROM stage.{} WHERE external_id = ?1", kind.staged))?
            .query_row([id], |row| row.get(0))
            .optional()?;
        if let Some(staged) = staged {
            return Ok(Before { source: source(staged), told: true });
        }
        let Some((row, ..)) = stored else { return Ok(Before { source: Source::new(), told: false }) };
        let seen = db.prepare_cached(&format!("SELECT 1 FROM stage.{} WHERE id = ?1", kind.seen))?.exists([row])?;
        let said = if seen || !whole || (self.any_refused && self.is_anonymous_refusal(kind.subject)?) {
            let mut said = db.prepare_cached(&format!("SELECT source FROM {} WHERE id = ?1", kind.staged))?;
            source(said.query_row([row], |row| row.get(0))?)
        } else {
            Source::new()
        };
        Ok(Before { source: said, told: seen })
    }

    /// Takes back that an object was told of as being there; returns whether it was.
    fn untell(&mut self, kind: &Kind, id: &str) -> Result<bool, StoreError> {
        self.any_deleted = true;
        let staged = self.forget(kind.staged, id)?;
        let mut seen = self.store.db.prepare_cached(&format!(
            "DELETE FROM stage.{} WHERE id = (SELECT id FROM {} WHERE integration_id = ?1 AND external_id = ?2)",
            kind.seen, kind.staged
        ))?;
        Ok(seen.execute(params![self.integration.0, id])? > 0 || staged)
    }

    fn unmark(&self, table: &str, row: i64) -> Result<(), StoreError> {
        self.store.db.prepare_cached(&format!("DELETE FROM stage.{table} WHERE id = ?1"))?.execute([row])?;
        Ok(())
    }

    /// A list comes in pieces, with other groups in between; of each member the last word counts.
    fn members_told(&mut self, group: &str, mut members: Vec<MemberChange>) -> Result<(), StoreError> {
        if members.is_empty() {
            return Ok(());
        }
        // Neighbours in the table come one after the other; of one member the order of tellings stays.
        members.sort_by(|one, other| one.external_id.cmp(&other.external_id));
        let list = self.list_of(group)?;
        for some in members.chunks(MEMBERS_AT_ONCE) {
            let rows = vec!["(?,?,?,?)"; some.len()].join(",");
            let sql =
                format!("INSERT OR REPLACE INTO stage.members (list_id, member_external_id, kind, gone) VALUES {rows}");
            let mut insert = self.store.db.prepare_cached(&sql)?;
            let mut at = 0;
            for member in some {
                insert.raw_bind_parameter(at + 1, list)?;
                insert.raw_bind_parameter(at + 2, member.external_id.as_str())?;
                insert.raw_bind_parameter(at + 3, member.kind.as_str())?;
                insert.raw_bind_parameter(at + 4, member.gone)?;
                at += 4;
            }
            insert.raw_execute()?;
        }
        self.tally.members += members.len() as i64;
        Ok(())
    }

    fn forget_list(&self, group: &str) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM stage.members WHERE list_id = (
                 SELECT list_id FROM stage.member_lists WHERE group_external_id = ?1)",
            "DELETE FROM stage.member_lists WHERE group_external_id = ?1",
        ] {
            self.store.db.prepare_cached(sql)?.execute([group])?;
        }
        Ok(())
    }
}

/// A property that is told has its new value, null none; one that is not told is as it was.
fn merged(mut source: Source, said: Source) -> Source {
    for (property, value) in said {
        if value.is_null() {
            source.remove(&property);
        } else {
            source.insert(property, value);
        }
    }
    source
}

fn text(source: Source) -> String {
    serde_json::Value::Object(source).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DirectoryGroup, DirectoryUser, MemberKind, Start};
    use crate::store::Store;

    const READING: Reading = Reading { user: |_, _| DirectoryUser::default(), group: |_, _| DirectoryGroup::default() };

    #[test]
    fn a_group_of_which_one_piece_cannot_be_read_keeps_the_members_it_has_whichever_piece_that_is() {
        let joined = MemberChange { external_id: "u".into(), kind: MemberKind::User, gone: false };
        let news = News::There(Source::new());
        let piece = Record::Read(ObjectChange { external_id: "g".into(), news, members: vec![joined] });
        let bad = Record::Refused { external_id: Some("g".into()), reason: "one of its members has no id".into() };
        for pieces in [[piece.clone(), bad.clone()], [bad, piece]] {
            let home = tempfile::tempdir().unwrap();
            let store = Store::open(&home.path().join("dirsync.db")).unwrap();
            let integration = store.add_integration_for_tests("hq");
            let now = "2026-11-24T08:00:00Z".parse().unwrap();
            let mut stage =
                Stage::follow(store, integration, crate::people::LIFE_CYCLE, "key", &Start::default(), now).unwrap();
            stage.told(Stream::Groups, pieces.into(), &Place::Since("link".into()), READING).unwrap();
            stage.find_absentees().unwrap();
            let state = "SELECT state FROM stage.member_lists";
            let state: rusqlite::Result<String> = stage.store.db.query_row(state, [], |row| row.get(0));
            assert_eq!(state.as_deref(), Ok("failed"));
            let told_of = "SELECT count(*) FROM stage.refused WHERE subject = 'membership' AND external_id = 'g'";
            assert_eq!(stage.number(told_of).unwrap(), 1);
        }
    }
}
