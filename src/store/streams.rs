//! Streams of changes: where a directory's are to be taken up, staging areas that outlive a run that broke off, and
//! what the end of a round means for members.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use xxhash_rust::xxh3::xxh3_64;

use super::columns::{Mapped, moment, moment_if_any, stamp};
use super::stage::{SCHEMA, file_of};
use super::{Stage, Store, StoreError};
use crate::clock;
use crate::model::{IntegrationId, LifeCycle, Place, Start, Stream};

/// Survives the death of the process; that of the machine is noticed by the boot's id.
const KEPT_FOR_THIS_BOOT: &str = "PRAGMA stage.locking_mode = EXCLUSIVE; PRAGMA stage.journal_mode = TRUNCATE;
    PRAGMA stage.synchronous = OFF;";

/// Survives both, at the price of writing everything twice.
const KEPT: &str = "PRAGMA stage.locking_mode = EXCLUSIVE; PRAGMA stage.journal_mode = WAL;
    PRAGMA stage.synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16384;";

fn pragmas() -> &'static str {
    if clock::boot_id().is_some() { KEPT_FOR_THIS_BOOT } else { KEPT }
}

/// Where a stream was when its last round had ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownStream {
    /// Which.
    pub stream: Stream,
    /// The directory's address for what has changed since.
    pub link: String,
    /// What the link was made for.
    pub key: String,
    /// When the round began that ended with it.
    pub told_at: Timestamp,
    /// When the last round of everything began.
    pub whole_at: Timestamp,
    /// When the last round of changes alone began.
    pub changes_at: Option<Timestamp>,
}

impl Store {
    /// Where the streams of an integration are; one that never came to an end of a round is not there.
    ///
    /// # Errors
    /// The database refuses.
    pub fn streams(&self, integration: IntegrationId) -> Result<Vec<KnownStream>, StoreError> {
        let mut statement = self.db.prepare(
            "SELECT stream, link, key, told_at, whole_at, changes_at FROM streams WHERE integration_id = ?1",
        )?;
        let rows = statement.query_map([integration.0], |row| {
            let word: String = row.get("stream")?;
            let stream = Stream::ALL.into_iter().find(|stream| stream.as_str() == word);
            stream.map(|stream| known(stream, row)).transpose()
        })?;
        Ok(rows.filter_map(Result::transpose).collect::<Mapped<_>>()?)
    }

    /// Whether somebody was absent from the last complete fetch without the directory's own word, and does not wait for
    /// approval: only another complete fetch can tell.
    ///
    /// # Errors
    /// The database refuses.
    pub fn has_unconfirmed(&self, integration: IntegrationId) -> Result<bool, StoreError> {
        let mut statement = self.db.prepare(
            "SELECT 1 FROM users u WHERE u.integration_id = ?1 AND u.status = 'missing' AND NOT EXISTS (
                 SELECT 1 FROM plans p JOIN plan_items x ON x.plan_id = p.id
                 WHERE p.integration_id = ?1 AND p.state = 'held' AND x.user_id = u.id)",
        )?;
        Ok(statement.exists([integration.0])?)
    }

    /// What a staging area is compared with: as soon as this is another value, what was staged is of no use.
    fn base(&self, integration: IntegrationId, key: &str) -> Result<String, StoreError> {
        let state: String = self.db.query_row(
            "SELECT created_at || ' ' || coalesce((SELECT max(id) FROM runs
                 WHERE integration_id = i.id AND outcome <> 'failed'), 0) || ' ' || coalesce(scope, '')
             FROM integrations i WHERE id = ?1",
            [integration.0],
            |row| row.get(0),
        )?;
        let (program, schema) = (env!("CARGO_PKG_VERSION"), xxh3_64(SCHEMA.as_bytes()));
        let boot = clock::boot_id().unwrap_or_default();
        Ok(format!("{program} {schema:x} {boot} {state} {key}"))
    }
}

fn known(stream: Stream, row: &Row<'_>) -> Mapped<KnownStream> {
    Ok(KnownStream {
        stream,
        link: row.get("link")?,
        key: row.get("key")?,
        told_at: moment(row, "told_at")?,
        whole_at: moment(row, "whole_at")?,
        changes_at: moment_if_any(row, "changes_at")?,
    })
}

impl Stage {
    /// Makes an empty staging area for streams that begin at `start`. It outlives this run if the run breaks off.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn follow(
        store: Store,
        integration: IntegrationId,
        life: LifeCycle,
        key: &str,
        start: &Start,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let base = store.base(integration, key)?;
        let mut stage = Self::attach(store, integration, life, false, pragmas())?;
        stage.kept = true;
        stage.store.db.execute_batch(SCHEMA)?;
        stage.in_transaction(|stage| {
            stage.note("base", &base)?;
            stage.note("key", key)?;
            for stream in Stream::ALL {
                let place = start.of(stream);
                let (state, link) = place_columns(place);
                stage.store.db.execute(
                    "INSERT INTO stage.places (stream, state, link, whole, began_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![stream.as_str(), state, link, *place == Place::Beginning, stamp(now)],
                )?;
            }
            Ok(())
        })?;
        Ok(stage)
    }

    /// Takes up the staging area that an earlier run left, if it is still of use: for this `key`, with the directory
    /// stored as it was then, begun after `oldest`, and, where a round of everything is wanted, of everything.
    ///
    /// # Errors
    /// The database refuses. A staging area that cannot be read is none.
    pub fn take_up(
        store: Store,
        integration: IntegrationId,
        life: LifeCycle,
        key: &str,
        everything: bool,
        oldest: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let base = store.base(integration, key)?;
        if !file_of(&store, integration).exists() {
            return Ok(None);
        }
        let Ok(mut stage) = Self::attach(store, integration, life, true, pragmas()) else { return Ok(None) };
        Ok(stage.is_of_use(&base, everything, oldest).unwrap_or(false).then(|| {
            stage.kept = true;
            stage
        }))
    }

    fn is_of_use(&mut self, base: &str, everything: bool, oldest: Timestamp) -> Result<bool, StoreError> {
        if self.noted("base")?.as_deref() != Some(base) {
            return Ok(false);
        }
        let unfit = "SELECT count(*) FROM stage.places WHERE began_at < ?1 OR (?2 AND NOT whole)";
        let unfit: i64 = self.store.db.query_row(unfit, params![stamp(oldest), everything], |row| row.get(0))?;
        if unfit > 0
            || !self.store.db.query_row("PRAGMA stage.quick_check", [], |row| Ok(row.get::<_, String>(0)? == "ok"))?
        {
            return Ok(false);
        }
        let tally = self.noted("tally")?.and_then(|text| serde_json::from_str(&text).ok());
        self.tally = tally.unwrap_or_default();
        (self.any_refused, self.any_deleted, self.taken_up) = (true, true, true);
        // A stream that was at its very beginning may have been listed in part, without a place to go on from.
        let start = self.start()?;
        self.in_transaction(|stage| {
            let fresh = Stream::ALL.into_iter().filter(|stream| *start.of(*stream) == Place::Beginning);
            fresh.into_iter().try_for_each(|stream| stage.anew(stream))
        })?;
        Ok(true)
    }

    /// Where the streams go on.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn start(&self) -> Result<Start, StoreError> {
        let mut start = Start::default();
        for stream in Stream::ALL {
            let sql = "SELECT state, link FROM stage.places WHERE stream = ?1";
            let place = self.store.db.query_row(sql, [stream.as_str()], |row| {
                let link = row.get::<_, Option<String>>(1)?.unwrap_or_default();
                Ok(match row.get::<_, String>(0)?.as_str() {
                    "within" => Place::Within(link),
                    "since" => Place::Since(link),
                    _ => Place::Beginning,
                })
            })?;
            start.set(stream, place);
        }
        Ok(start)
    }

    /// Notes how far a stream has come.
    pub(super) fn reached(&self, stream: Stream, place: &Place) -> Result<(), StoreError> {
        let (state, link) = place_columns(place);
        let mut update =
            self.store.db.prepare_cached("UPDATE stage.places SET state = ?2, link = ?3 WHERE stream = ?1")?;
        update.execute(params![stream.as_str(), state, link])?;
        Ok(())
    }

    /// Forgets what a stream has told so far: it begins anew with everything.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn anew(&mut self, stream: Stream) -> Result<(), StoreError> {
        let (tables, subjects): (&[&str], &str) = match stream {
            Stream::People => (&["users", "seen_users", "kept_users", "deleted_users"], "'user'"),
            Stream::Groups => (
                &["groups", "seen_groups", "kept_groups", "deleted_groups", "member_lists", "members"],
                "'group', 'membership'",
            ),
        };
        for table in tables {
            self.store.db.execute(&format!("DELETE FROM stage.{table}"), [])?;
        }
        self.store.db.execute(&format!("DELETE FROM stage.refused WHERE subject IN ({subjects})"), [])?;
        match stream {
            Stream::People => (self.tally.users, self.tally.users_repeated) = (0, 0),
            Stream::Groups => {
                (self.tally.groups, self.tally.groups_repeated, self.tally.members) = (0, 0, 0);
                self.open.clear();
            }
        }
        let begin = "UPDATE stage.places SET state = 'beginning', link = NULL, whole = 1 WHERE stream = ?1";
        self.store.db.execute(begin, [stream.as_str()])?;
        Ok(())
    }

    /// Whether what a stream has told is all there is, so that absence says something.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn is_whole(&self, stream: Stream) -> Result<bool, StoreError> {
        let whole = "SELECT whole FROM stage.places WHERE stream = ?1";
        Ok(self.store.db.query_row(whole, [stream.as_str()], |row| row.get(0)).optional()?.unwrap_or(true))
    }

    /// Closes the member lists of groups whose changes were followed to the end of the round. (Where the groups were
    /// listed, each list was closed when it ended.)
    pub(super) fn close_followed_lists(&self) -> Result<(), StoreError> {
        let sql = "SELECT count(*) FROM stage.places WHERE stream = 'groups' AND state = 'since'";
        if self.number(sql)? == 0 {
            return Ok(());
        }
        if !self.is_whole(Stream::Groups)? {
            self.store.db.execute_batch("UPDATE stage.member_lists SET state = 'partial' WHERE state = 'open'")?;
            return Ok(());
        }
        // A group of which no members were told has none; and most lists of a round of everything are as they were.
        self.store.db.execute(
            "INSERT OR IGNORE INTO stage.member_lists (group_external_id, group_id)
             SELECT external_id, group_id FROM stage.groups
             UNION ALL SELECT g.external_id, g.id FROM stage.seen_groups s JOIN groups g ON g.id = s.id",
            [],
        )?;
        self.keep_hidden_members()?;
        self.store.db.execute_batch(
            "UPDATE stage.member_lists AS l SET
                 state = 'changed',
                 member_count = (SELECT count(*) FROM stage.members m WHERE m.list_id = l.list_id AND NOT m.gone)
             WHERE state = 'open';
             UPDATE stage.member_lists AS l SET state = 'same'
             WHERE state = 'changed' AND group_id IS NOT NULL
               AND member_count = (SELECT count(*) FROM memberships o WHERE o.group_id = l.group_id)
               AND NOT EXISTS (
                   SELECT 1 FROM stage.members m WHERE m.list_id = l.list_id AND NOT m.gone AND NOT EXISTS (
                       SELECT 1 FROM memberships o WHERE o.group_id = l.group_id
                       AND o.member_external_id = m.member_external_id AND o.kind = m.kind));",
        )?;
        Ok(())
    }

    /// People who are not there are not told of as members, and the groups will not tell them again when they are
    /// restored: what is stored of their memberships stays, unless they are gone for good. In a round that took several
    /// runs, groups may have been told while somebody was away who is back by now.
    fn keep_hidden_members(&self) -> Result<(), StoreError> {
        self.store.db.execute(
            "INSERT OR IGNORE INTO stage.members (list_id, member_external_id, kind, email, role)
             SELECT l.list_id, m.member_external_id, m.kind, m.email, m.role
             FROM users u CROSS JOIN memberships m ON m.member_external_id = u.external_id AND m.kind = 'user'
             CROSS JOIN groups g ON g.id = m.group_id AND g.integration_id = u.integration_id
             CROSS JOIN stage.member_lists l ON l.group_external_id = g.external_id
             WHERE u.integration_id = ?1
               AND (u.id IN (SELECT id FROM stage.absent_users) OR u.status IN ('removed', 'retained')
                    AND (?2 OR u.id NOT IN (SELECT user_id FROM stage.users WHERE user_id IS NOT NULL)))
               AND u.external_id NOT IN (SELECT external_id FROM stage.deleted_users WHERE purged)",
            params![self.integration.0, self.taken_up],
        )?;
        Ok(())
    }

    pub(super) fn note_tally(&self) -> Result<(), StoreError> {
        let tally = serde_json::to_string(&self.tally).unwrap_or_default();
        self.note("tally", &tally)
    }

    /// What was staged has been worked on: should the process be killed now, no later run can go on with it.
    pub(super) fn spend(&self) -> Result<(), StoreError> {
        self.note("base", "spent")
    }

    fn note(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let mut note =
            self.store.db.prepare_cached("INSERT OR REPLACE INTO stage.about (key, value) VALUES (?1, ?2)")?;
        note.execute([key, value])?;
        Ok(())
    }

    fn noted(&self, key: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value FROM stage.about WHERE key = ?1";
        Ok(self.store.db.query_row(sql, [key], |row| row.get(0)).optional()?)
    }
}

/// Stores where the streams have come to, in the transaction that stores what they told. A directory that was listed has
/// no place to go on from. What was set aside is told once: its stream stays where it was, to be told again, and one
/// that told everything tells everything again.
pub(super) fn store_places(transaction: &Transaction<'_>, integration: i64) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "UPDATE stage.places SET state = CASE WHEN whole THEN 'beginning' ELSE 'told again' END
         WHERE CASE stream WHEN 'people' THEN EXISTS (SELECT 1 FROM stage.refused WHERE subject = 'user')
                           ELSE EXISTS (SELECT 1 FROM stage.refused WHERE subject IN ('group', 'membership')) END;",
    )?;
    transaction.execute(
        "DELETE FROM streams WHERE integration_id = ?1
         AND stream IN (SELECT stream FROM stage.places WHERE state NOT IN ('since', 'told again'))",
        [integration],
    )?;
    transaction.execute(
        "INSERT INTO streams (integration_id, stream, link, key, told_at, whole_at, changes_at)
         SELECT ?1, stream, link, (SELECT value FROM stage.about WHERE key = 'key'), began_at, began_at,
                CASE WHEN whole THEN NULL ELSE began_at END
         FROM stage.places WHERE state = 'since'
         ON CONFLICT DO UPDATE SET link = excluded.link, key = excluded.key, told_at = excluded.told_at,
             whole_at = CASE WHEN (SELECT whole FROM stage.places p WHERE p.stream = streams.stream)
                        THEN excluded.whole_at ELSE whole_at END,
             changes_at = coalesce(excluded.changes_at, changes_at)",
        [integration],
    )?;
    Ok(())
}

fn place_columns(place: &Place) -> (&'static str, Option<&str>) {
    match place {
        Place::Beginning => ("beginning", None),
        Place::Within(link) => ("within", Some(link)),
        Place::Since(link) => ("since", Some(link)),
    }
}
