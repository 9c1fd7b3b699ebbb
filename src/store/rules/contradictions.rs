//! Contradictions: evidence that names active people, none of whom has the device, and evidence that names several where
//! nobody has it. Found anew each time, with all that is told, also what somebody decided against.

use std::cmp::Ordering;

use rusqlite::{Connection, params};

use super::give;
use super::ground::Scope;
use super::pass::{AutoAssign, stage};
use super::table::{KnownRule, known_rules};
use crate::model::{
    Contradiction, DeviceConditions, EvidenceKind, MatchField, OnConflict, PersonConditions, RANK_OF_HAND, Rule,
    UserStatus,
};
use crate::store::columns::{Mapped, word};
use crate::store::{Store, StoreError};

/// Sorts of evidence that name somebody by themselves; of the others it takes a rule to say whom.
const NAMING: [EvidenceKind; 4] =
    [EvidenceKind::ExpectedUser, EvidenceKind::EnrolledBy, EvidenceKind::DirectoryOwner, EvidenceKind::LastUser];

/// A row of what names somebody: which device and by what evidence, and one of those it names.
struct Named {
    told: Contradiction,
    several: bool,
    why: Why,
    serial_key: String,
    user_id: i64,
}

impl Named {
    /// By serial number, kind of evidence and name.
    fn order(&self, other: &Self) -> Ordering {
        let (one, two) = (&self.told, &other.told);
        let kinds = || one.evidence.as_str().cmp(two.evidence.as_str());
        let names = || (&one.names, self.user_id).cmp(&(&two.names, other.user_id));
        self.serial_key.cmp(&other.serial_key).then_with(kinds).then_with(names)
    }
}

/// What keeps the holder where they are.
struct Why {
    pinned: bool,
    rank: Option<i64>,
    moves: bool,
}

impl Store {
    /// What evidence of these kinds does not go with whoever holds a device, by serial number and kind of evidence.
    /// Shared devices have no holder to contradict.
    ///
    /// # Errors
    /// The database refuses.
    pub fn contradictions(&self, kinds: &[EvidenceKind]) -> Result<Vec<Contradiction>, StoreError> {
        self.scratch(|db| contradictions(db, kinds))
    }
}

fn contradictions(db: &Connection, kinds: &[EvidenceKind]) -> Result<Vec<Contradiction>, StoreError> {
    let mut rules: Vec<KnownRule> = known_rules(db)?.into_iter().filter(|known| known.rule.decides()).collect();
    let own = i64::try_from(rules.len()).unwrap_or(i64::MAX);
    let asked = |kind: &EvidenceKind| kinds.contains(kind);
    let naming: Vec<EvidenceKind> = NAMING.into_iter().filter(asked).collect();
    rules.extend(naming.iter().copied().map(looking_at));
    stage(db, Scope::All, &rules)?;
    give::weigh(db, &AutoAssign::default())?;
    db.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS r_names (device_id INTEGER, kind TEXT, user_id INTEGER,
             PRIMARY KEY (device_id, kind, user_id)) WITHOUT ROWID;
         CREATE TEMP TABLE IF NOT EXISTS r_odd (device_id INTEGER, kind TEXT, several INTEGER,
             PRIMARY KEY (device_id, kind)) WITHOUT ROWID;
         DELETE FROM temp.r_names; DELETE FROM temp.r_odd;",
    )?;
    for (number, kind) in (own..).zip(naming) {
        db.execute(
            "INSERT OR IGNORE INTO temp.r_names SELECT c.device_id, ?2, c.user_id FROM temp.r_cand c
             WHERE c.source = (SELECT source FROM temp.r_rules WHERE rule = ?1) AND c.active",
            params![number, kind.as_str()],
        )?;
    }
    for kind in [EvidenceKind::UserAttrSerial, EvidenceKind::Login].into_iter().filter(asked) {
        db.execute(
            "INSERT OR IGNORE INTO temp.r_names SELECT x.device_id, t.kind, x.user_id FROM temp.r_decided x
             CROSS JOIN temp.r_told t ON t.n = x.n WHERE t.kind = ?1",
            [kind.as_str()],
        )?;
    }
    Ok(merged(rows(db)?))
}

fn rows(db: &Connection) -> Mapped<Vec<Named>> {
    db.execute_batch(
        "INSERT INTO temp.r_odd SELECT n.device_id, n.kind, count(*) > 1 FROM temp.r_names n
         CROSS JOIN temp.r_scope s ON s.device_id = n.device_id AND NOT s.shared GROUP BY n.device_id, n.kind
         HAVING max(n.user_id IS s.holder) = 0 AND (s.holder IS NOT NULL OR count(*) > 1);",
    )?;
    let mut statement = db.prepare(
        "SELECT d.serial, d.serial_key, o.device_id, u.id AS user_id,
             coalesce(h.email, h.user_name, h.display_name, h.external_id) AS holder, h.status AS holder_status, o.kind,
             coalesce(u.email, u.user_name, u.display_name, u.external_id) AS name, s.pinned, s.rank,
             (SELECT r.name FROM temp.r_decided x CROSS JOIN temp.r_told t ON t.n = x.n
              CROSS JOIN temp.r_rules r ON r.rule = x.rule
              WHERE x.device_id = o.device_id AND t.kind = o.kind AND x.user_id IS NOT s.holder) AS rule,
             EXISTS (SELECT 1 FROM temp.r_gifts g CROSS JOIN temp.r_told t ON t.n = g.n
                     WHERE g.device_id = o.device_id AND t.kind = o.kind) AS moves, o.several
         FROM temp.r_odd o CROSS JOIN temp.r_names n ON n.device_id = o.device_id AND n.kind = o.kind
         CROSS JOIN temp.r_scope s ON s.device_id = o.device_id
         CROSS JOIN devices d ON d.id = o.device_id CROSS JOIN users u ON u.id = n.user_id
         LEFT JOIN users h ON h.id = s.holder",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Named {
            told: Contradiction {
                serial: row.get("serial")?,
                device_id: row.get("device_id")?,
                holder: row.get("holder")?,
                holder_status: row.get::<_, Option<String>>("holder_status")?.as_deref().and_then(UserStatus::parse),
                evidence: word(row, "kind", EvidenceKind::parse)?,
                rule: row.get("rule")?,
                names: vec![row.get("name")?],
                reason: String::new(),
            },
            several: row.get("several")?,
            serial_key: row.get("serial_key")?,
            user_id: row.get("user_id")?,
            why: Why { pinned: row.get("pinned")?, rank: row.get("rank")?, moves: row.get("moves")? },
        })
    })?;
    let mut rows = rows.collect::<Mapped<Vec<_>>>()?;
    // All columns would go through SQLite's sorting.
    rows.sort_unstable_by(Named::order);
    Ok(rows)
}

/// One for each device and kind of evidence.
fn merged(rows: Vec<Named>) -> Vec<Contradiction> {
    let mut all: Vec<Contradiction> = Vec::new();
    for Named { told, several, why, .. } in rows {
        match all.last_mut() {
            Some(last) if last.device_id == told.device_id && last.evidence == told.evidence => {
                last.names.extend(told.names);
            }
            _ => {
                let reason = reason(told.holder.is_some(), several, &why);
                all.push(Contradiction { reason, ..told });
            }
        }
    }
    all
}

fn reason(held: bool, several: bool, why: &Why) -> String {
    let stays = match why {
        _ if !held => return "names several people, and nobody has it".into(),
        Why { pinned: true, .. } => "is pinned",
        Why { rank: Some(rank), .. } if *rank <= RANK_OF_HAND => "was given it by hand",
        Why { moves: true, .. } => "loses it at the next 'devices assign --auto' or sync",
        _ => "keeps it: no rule replaces them by it",
    };
    let who = if several { "several people" } else { "somebody else" };
    format!("names {who}; the holder {stays}")
}

/// A rule that is never tried, and whose candidates are everybody whom evidence of this kind may mean.
fn looking_at(evidence: EvidenceKind) -> KnownRule {
    let rule = Rule {
        name: format!(" {}", evidence.as_str()),
        priority: i64::MAX,
        enabled: false,
        evidence,
        matches: MatchField::ALL.to_vec(),
        attribute: None,
        on_conflict: OnConflict::default(),
        device: DeviceConditions::default(),
        user: PersonConditions::default(),
        built_in: false,
        of_deleted: false,
    };
    KnownRule { rule, integration: None }
}
