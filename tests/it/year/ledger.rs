//! The history, taken down line by line while the year goes on: replayed from the start it comes to what is stored, and
//! what is kept of it is what was written.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

/// One line of the history.
struct Line {
    id: i64,
    at: String,
    subject: String,
    subject_id: i64,
    member: String,
    kind: String,
    field: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

impl Line {
    fn shown(&self) -> String {
        let Self { id, at, subject, subject_id, kind, field, .. } = self;
        format!("line {id} at {at}: {subject} {subject_id} {kind} {field:?}")
    }
}

/// All of it.
#[derive(Default)]
pub(super) struct Ledger {
    lines: Vec<Line>,
    /// Group and member, as they came with the first sync, of which the history tells nothing.
    imported: BTreeSet<(i64, String)>,
}

impl Ledger {
    /// Begins with what the first sync has brought.
    pub(super) fn begin(db: &Connection) -> Self {
        let mut ledger = Self { imported: memberships(db), ..Self::default() };
        ledger.take_down(db);
        ledger
    }

    /// Takes down what is new; says how much.
    pub(super) fn take_down(&mut self, db: &Connection) -> usize {
        let last = self.lines.last().map_or(0, |line| line.id);
        let mut statement = db
            .prepare_cached(
                "SELECT id, at, subject, subject_id, external_id, kind, field, before, after FROM changes
                 WHERE id > ?1 ORDER BY id",
            )
            .unwrap();
        let line = |row: &rusqlite::Row<'_>| {
            Ok(Line {
                id: row.get(0)?,
                at: row.get(1)?,
                subject: row.get(2)?,
                subject_id: row.get(3)?,
                member: row.get(4)?,
                kind: row.get(5)?,
                field: row.get(6)?,
                before: row.get(7)?,
                after: row.get(8)?,
            })
        };
        let before = self.lines.len();
        self.lines.extend(statement.query_map([last], line).unwrap().map(Result::unwrap));
        self.lines.len() - before
    }

    /// How many lines there have been.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Fails unless each line goes on where the one before ended, and the last ones say what is stored.
    pub(super) fn assert_replays(&self, db: &Connection) {
        let mut replay = Replay { memberships: self.imported.clone(), ..Replay::default() };
        self.lines.iter().for_each(|line| replay.play(line));
        same("groups", replay.groups.clone(), column(db, "SELECT id FROM groups"));
        same("people", replay.people, column(db, "SELECT id FROM users"));
        // Whoever is gone is in no group, whether that is said of each or not.
        let gone = texts(db, "SELECT external_id FROM users WHERE status IN ('removed', 'retained')");
        let shown =
            |all: BTreeSet<(i64, String)>| all.into_iter().filter(|(_, member)| !gone.contains(member)).collect();
        same("memberships", shown(replay.memberships), shown(memberships(db)));
        for ((subject, id, field), said) in &replay.said {
            let table = if subject == "user" { "users" } else { "groups" };
            let emptied = if subject == "user" { "emptied_at IS NOT NULL" } else { "0" };
            let sql = format!("SELECT CAST({field} AS TEXT), {emptied} FROM {table} WHERE id = ?1");
            let stored = db
                .prepare_cached(&sql)
                .unwrap()
                .query_row([id], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, bool>(1)?)));
            let Ok((stored, emptied)) = stored else {
                assert!(!replay.groups.contains(id), "{subject} {id} is not stored");
                continue;
            };
            assert!(emptied && field != "status" || stored == *said, "{subject} {id} {field}: {stored:?}, {said:?}");
        }
    }

    /// Fails unless everything since `cutoff` is still there as it was written, and of what is older only the last word
    /// on somebody.
    pub(super) fn assert_kept(&self, db: &Connection, cutoff: &str) {
        let kept: BTreeSet<i64> = column(db, "SELECT id FROM changes");
        let lost = self.lines.iter().filter(|line| *line.at >= *cutoff && !kept.contains(&line.id)).count();
        assert_eq!(lost, 0, "lines younger than {cutoff} are gone");
        let old = self.lines.iter().filter(|line| *line.at < *cutoff && kept.contains(&line.id));
        let idle = old.filter(|line| line.field.as_deref() != Some("status"));
        let idle: Vec<String> = idle.map(Line::shown).collect();
        assert!(idle.is_empty(), "{} lines older than {cutoff} are still there: {:?}", idle.len(), idle.last());
    }
}

/// What the history comes to.
#[derive(Default)]
struct Replay {
    people: BTreeSet<i64>,
    groups: BTreeSet<i64>,
    memberships: BTreeSet<(i64, String)>,
    /// The last value of each field, by subject and its id.
    said: BTreeMap<(String, i64, String), Option<String>>,
    /// Who has left at some time: what was known of them may have been emptied since.
    left: BTreeSet<i64>,
}

impl Replay {
    fn play(&mut self, line: &Line) {
        let at = line.shown();
        match (&*line.subject, &*line.kind) {
            ("membership", "joined") => {
                assert!(self.memberships.insert((line.subject_id, line.member.clone())), "{at}: was in it already");
            }
            ("membership", "left") => {
                assert!(self.memberships.remove(&(line.subject_id, line.member.clone())), "{at}: was not in it");
            }
            ("membership", _) => {
                assert!(self.memberships.contains(&(line.subject_id, line.member.clone())), "{at}: is not in it");
            }
            ("group", "joined") => assert!(self.groups.insert(line.subject_id), "{at}: was there already"),
            ("group", "left") => assert!(self.groups.remove(&line.subject_id), "{at}: was not there"),
            ("user", "joined") => assert!(self.people.insert(line.subject_id), "{at}: was there already"),
            _ => {
                let field = line.field.clone().unwrap();
                if line.kind == "left" {
                    self.left.insert(line.subject_id);
                }
                let key = (line.subject.clone(), line.subject_id, field);
                let was = self.said.insert(key, line.after.clone());
                let emptied = line.before.is_none() && self.left.contains(&line.subject_id);
                let goes_on = was.as_ref().is_none_or(|was| *was == line.before);
                assert!(goes_on || emptied, "{at}: from {:?}, and it was {was:?}", line.before);
            }
        }
    }
}

fn same<T: Ord + std::fmt::Debug>(what: &str, told: BTreeSet<T>, stored: BTreeSet<T>) {
    let differing: Vec<&T> = told.symmetric_difference(&stored).take(8).collect();
    assert!(differing.is_empty(), "{what} told of or stored, and not both: {differing:?}");
}

fn texts(db: &Connection, sql: &str) -> BTreeSet<String> {
    let mut statement = db.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn column(db: &Connection, sql: &str) -> BTreeSet<i64> {
    let mut statement = db.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn memberships(db: &Connection) -> BTreeSet<(i64, String)> {
    let mut statement = db.prepare("SELECT group_id, member_external_id FROM memberships").unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}
