//! The ground rules are tried on, in temporary tables: the devices looked at, what is told of each, and which of it
//! counts. Everything here is one statement for all devices.

use rusqlite::{Connection, params};

use crate::model::EvidenceKind;

/// Which devices are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All that rules may touch.
    Touchable,
    /// Those of them that are listed in `r_wanted`.
    Wanted,
    /// One, whether or not rules may touch it.
    One(i64),
    /// All, whether or not rules may touch them, and with all that is told of them, also what somebody decided against.
    All,
}

impl Scope {
    /// Whether what does not count is wanted too, to be told.
    pub(super) fn is_thorough(self) -> bool {
        matches!(self, Self::One(_))
    }

    /// Whether what a rule believes is looked at when the rule's turn comes, and then only of devices that none before it
    /// has decided. Where few are looked at, everything is, so that the people are few as well.
    pub(super) fn is_lazy(self) -> bool {
        matches!(self, Self::Touchable | Self::All)
    }
}

/// Which of the devices laid out are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    /// All.
    All,
    /// Those in `r_open`.
    Open,
    /// Those in `r_few`.
    Few,
}

impl Among {
    /// They, as `s`, in the order of their ids.
    fn devices(self) -> &'static str {
        match self {
            Self::All => "temp.r_scope s",
            Self::Open => "temp.r_open o CROSS JOIN temp.r_scope s ON s.device_id = o.device_id",
            Self::Few => "temp.r_few o CROSS JOIN temp.r_scope s ON s.device_id = o.device_id",
        }
    }

    /// The table of their ids.
    fn table(self) -> &'static str {
        match self {
            Self::All => "temp.r_scope",
            Self::Open => "temp.r_open",
            Self::Few => "temp.r_few",
        }
    }
}

/// The tables, all empty, with what is read most in front. `r_told` is what is told of devices, `r_cand` whom it means by
/// which field (0 id, 1 address, 2 sign-in name, 3 alias, 4 serial number), as each source of candidates sees it; `r_rest` is
/// what means nobody yet by the fields a source looked at; `r_fits` the spellings that fulfil a rule's condition; `r_open` the
/// devices that are not decided, and perhaps a few that are, filled once there is something to leave out; `r_few` the devices
/// that a single rule may be about.
const TABLES: &str = "
    DROP TABLE IF EXISTS temp.r_scope; DROP TABLE IF EXISTS temp.r_told; DROP TABLE IF EXISTS temp.r_rest;
    DROP TABLE IF EXISTS temp.r_people; DROP TABLE IF EXISTS temp.r_fits; DROP TABLE IF EXISTS temp.r_open;
    DROP TABLE IF EXISTS temp.r_floor;
    DROP TABLE IF EXISTS temp.r_groups; DROP TABLE IF EXISTS temp.r_members; DROP TABLE IF EXISTS temp.r_cand;
    DROP TABLE IF EXISTS temp.r_rules; DROP TABLE IF EXISTS temp.r_decided; DROP TABLE IF EXISTS temp.r_gifts;
    DROP TABLE IF EXISTS temp.r_serials; DROP TABLE IF EXISTS temp.r_few;
    CREATE TEMP TABLE r_scope (device_id INTEGER PRIMARY KEY, holder INTEGER, rank INTEGER, pinned INTEGER,
        shared INTEGER, floor TEXT, since TEXT, source TEXT, serial_key TEXT, platform TEXT, model TEXT, blueprint TEXT,
        tags TEXT);
    CREATE TEMP TABLE r_told (n INTEGER PRIMARY KEY, device_id INTEGER, is_external_id INTEGER, integration_id INTEGER,
        ignored TEXT, value_key TEXT, value TEXT, logins INTEGER, total INTEGER, wish INTEGER, observed_at TEXT, kind TEXT,
        attribute TEXT, source TEXT, pinned INTEGER, reason TEXT);
    CREATE TEMP TABLE r_rest (n INTEGER PRIMARY KEY, value_key TEXT);
    CREATE TEMP TABLE r_floor (device_id INTEGER PRIMARY KEY, floor TEXT);
    CREATE TEMP TABLE r_open (device_id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE r_few (device_id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE r_people (user_id INTEGER PRIMARY KEY, active INTEGER, integration_id INTEGER, email TEXT,
        user_name TEXT, department TEXT, title TEXT, org_unit TEXT);
    CREATE TEMP TABLE r_fits (rule INTEGER, field TEXT, spelling TEXT, PRIMARY KEY (rule, field, spelling)) WITHOUT ROWID;
    CREATE TEMP TABLE r_groups (rule INTEGER, group_id INTEGER, PRIMARY KEY (rule, group_id)) WITHOUT ROWID;
    CREATE TEMP TABLE r_members (rule INTEGER, user_id INTEGER, PRIMARY KEY (rule, user_id)) WITHOUT ROWID;
    CREATE TEMP TABLE r_cand (source INTEGER, device_id INTEGER, user_id INTEGER, n INTEGER, field INTEGER,
        active INTEGER, PRIMARY KEY (source, device_id, user_id, n)) WITHOUT ROWID;
    CREATE TEMP TABLE r_rules (rule INTEGER PRIMARY KEY, name TEXT, priority INTEGER, on_conflict TEXT, source INTEGER,
        built_in INTEGER);
    CREATE TEMP TABLE r_decided (device_id INTEGER PRIMARY KEY, rule INTEGER, user_id INTEGER, n INTEGER);
    CREATE TEMP TABLE r_gifts (device_id INTEGER PRIMARY KEY, rule INTEGER, user_id INTEGER, n INTEGER, holder INTEGER,
        rank INTEGER, pinned INTEGER, source TEXT, reason TEXT, label TEXT, integration_id INTEGER, last TEXT, serial TEXT,
        serial_key TEXT);
    CREATE TEMP TABLE r_serials (attribute TEXT, device_id INTEGER, user_id INTEGER, since TEXT,
        PRIMARY KEY (attribute, device_id, user_id)) WITHOUT ROWID;";

/// Memory for pages of the temporary tables, in KiB.
const CACHE: i64 = 96 * 1024;

/// What a list says is to be, and nobody has decided since. It is younger than any decision by hand.
const WISHED: &str = "EXISTS (SELECT 1 FROM device_evidence w WHERE w.device_id = d.id AND w.waiting = 1)";

/// The evidence of `user_attr_serial` is a field of the person, or a path in their attributes.
const FIELDS: [&str; 8] =
    ["employee_id", "phone", "location", "cost_center", "title", "department", "org_unit", "manager"];

/// Whether the serial number `k` of a device `s` in the record of a person counts. It counts from when it came to stand
/// there, so that nobody gets back what was taken from them because something else of their record changed.
pub(super) const SERIAL_COUNTS: &str = "(s.floor IS NULL OR k.since > s.floor)";

/// Lays out the devices.
pub(super) fn lay(db: &Connection, scope: Scope) -> rusqlite::Result<()> {
    db.execute_batch(TABLES)?;
    // A large pass would else write its tables to disk and read them again, several times.
    db.pragma_update(Some("temp"), "cache_size", -CACHE)?;
    devices(db, scope)
}

/// Lays out what is told of one kind; says from which number on and to which.
pub(super) fn tell(
    db: &Connection,
    scope: Scope,
    among: Among,
    kind: EvidenceKind,
    attribute: Option<&str>,
) -> rusqlite::Result<[i64; 2]> {
    let last = || db.query_row("SELECT coalesce(max(n), 0) FROM temp.r_told", [], |row| row.get::<_, i64>(0));
    let before = last()?;
    match (kind, attribute) {
        (EvidenceKind::Login, _) => logins(db, among)?,
        (EvidenceKind::UserAttrSerial, Some(attribute)) => serials(db, among, attribute)?,
        (EvidenceKind::UserAttrSerial, None) => {}
        _ => told(db, scope, among, kind)?,
    }
    Ok([before + 1, last()?])
}

fn devices(db: &Connection, scope: Scope) -> rusqlite::Result<()> {
    // What is older than the last time the device was taken from somebody by hand or by a list does not count: rules do
    // not undo that.
    let touchable =
        format!("AND NOT d.shared AND NOT coalesce(a.pinned, 0) AND (coalesce(a.rank, 11) > 10 OR {WISHED})");
    let which = match scope {
        Scope::Touchable => touchable,
        Scope::Wanted => format!("AND d.id IN (SELECT device_id FROM temp.r_wanted) {touchable}"),
        Scope::One(_) => "AND d.id = ?1".to_owned(),
        Scope::All => String::new(),
    };
    let of_those = match scope {
        Scope::Touchable => "",
        Scope::Wanted => "AND f.device_id IN (SELECT device_id FROM temp.r_wanted)",
        Scope::One(_) => "AND f.device_id = ?1",
        Scope::All => "AND 0",
    };
    let floors = format!(
        "INSERT INTO temp.r_floor SELECT f.device_id, max(f.ended_at) FROM assignments f
         WHERE f.ended_at IS NOT NULL AND coalesce(f.end_source, '') NOT GLOB 'rule:*' {of_those} GROUP BY f.device_id"
    );
    let sql = format!(
        "INSERT INTO temp.r_scope
         SELECT d.id, a.user_id, a.rank, coalesce(a.pinned, 0), d.shared, f.floor, a.started_at, a.source, d.serial_key,
             d.platform, d.model, d.blueprint, d.tags
         FROM devices d LEFT JOIN assignments a ON a.device_id = d.id AND a.ended_at IS NULL
         LEFT JOIN temp.r_floor f ON f.device_id = d.id
         WHERE d.removed_at IS NULL {which} ORDER BY d.id"
    );
    for sql in [floors, sql] {
        match scope {
            Scope::One(device) => db.execute(&sql, [device])?,
            _ => db.execute(&sql, [])?,
        };
    }
    Ok(())
}

fn told(db: &Connection, scope: Scope, among: Among, kind: EvidenceKind) -> rusqlite::Result<()> {
    let counting = if scope.is_thorough() { "" } else { "AND ignored IS NULL" };
    let settled = scope != Scope::All && kind == EvidenceKind::ExpectedUser;
    let from = if settled && scope == Scope::Touchable && among == Among::All {
        // Nothing but what is waited for counts, which is little.
        "device_evidence e INDEXED BY device_evidence_waiting
         CROSS JOIN temp.r_scope s ON s.device_id = e.device_id AND e.waiting = 1"
            .to_owned()
    } else {
        format!("{} CROSS JOIN device_evidence e ON e.device_id = s.device_id", among.devices())
    };
    db.execute(
        &format!(
            "INSERT INTO temp.r_told (device_id, kind, value, value_key, is_external_id, integration_id, observed_at,
                 source, wish, pinned, reason, logins, total, ignored)
             SELECT s.device_id, e.kind, e.value, e.value_key, e.is_external_id, e.integration_id, e.observed_at,
                 e.source, e.waiting, e.waiting AND e.pinned, CASE WHEN e.waiting THEN e.reason END, 1, 1,
                 CASE WHEN e.waiting THEN NULL WHEN ?2 THEN 'settled'
                      WHEN e.observed_at <= s.floor THEN 'older' END AS ignored
             FROM {from} WHERE e.kind = ?1 {counting}"
        ),
        params![kind.as_str(), settled],
    )?;
    Ok(())
}

/// Who signed in how often. Only the last days of which anything is known are kept, so that it is the same whenever it is
/// asked. What was said to be of several directories is of any. Grouped as the key is, so that nothing has to be sorted.
fn logins(db: &Connection, among: Among) -> rusqlite::Result<()> {
    db.execute_batch(&format!(
        "INSERT INTO temp.r_told (device_id, kind, value, value_key, is_external_id, integration_id, observed_at, source,
             wish, pinned, logins, total)
         SELECT s.device_id, 'login', max(l.value), l.value_key, 0,
             CASE WHEN count(l.integration_id) = count(*) AND min(l.integration_id) = max(l.integration_id)
                  THEN min(l.integration_id) END,
             max(l.observed_at), max(l.source), 0,
             0, count(*), (SELECT count(*) FROM device_logins a WHERE a.device_id = s.device_id
                           AND (s.floor IS NULL OR a.observed_at > s.floor))
         FROM {} CROSS JOIN device_logins l ON l.device_id = s.device_id
         WHERE s.floor IS NULL OR l.observed_at > s.floor
         GROUP BY s.device_id, l.value_key;",
        among.devices()
    ))
}

/// Dates the serial numbers of which that matters: the device was taken from somebody by hand or by a list, or another has
/// it. `came` finds the lines of history `c` by which the number came to stand with its person. Where the history tells of
/// none, or does no more, it stood there from the first.
fn dated(among: Among, came: &str) -> String {
    format!(
        "INSERT OR REPLACE INTO temp.r_serials
         SELECT k.attribute, k.device_id, k.user_id, coalesce((
             SELECT max(c.at) FROM changes c WHERE c.subject_id = k.user_id AND c.subject = 'user' AND {came}), u.created_at)
         FROM {} CROSS JOIN temp.r_serials k ON k.attribute = ?1 AND k.device_id = s.device_id
         CROSS JOIN users u ON u.id = k.user_id WHERE s.floor IS NOT NULL OR s.holder <> k.user_id",
        among.devices()
    )
}

/// Devices whose serial number stands with somebody.
fn serials(db: &Connection, among: Among, attribute: &str) -> rusqlite::Result<()> {
    let known = |from: &str| {
        format!(
            "INSERT OR IGNORE INTO temp.r_serials SELECT ?1, d.id, k.user_id, NULL FROM {from} k
             CROSS JOIN devices d INDEXED BY devices_key ON d.serial_key = k.serial_key AND d.removed_at IS NULL
             WHERE d.id IN (SELECT device_id FROM {})",
            among.table()
        )
    };
    if let Some(field) = FIELDS.iter().find(|field| **field == attribute) {
        let named = format!(
            "(SELECT upper(trim({field})) AS serial_key, id AS user_id FROM users
              WHERE {field} IS NOT NULL AND status <> 'removed')"
        );
        db.execute(&known(&named), [attribute])?;
        let came = "c.field = ?1 AND upper(trim(c.before)) IS NOT s.serial_key";
        db.execute(&dated(among, came), [attribute])?;
    } else {
        let path = |below: &[&str]| {
            let steps = below.iter().copied().chain(attribute.split('.'));
            steps.fold("$".to_owned(), |path, step| format!("{path}.\"{}\"", step.replace('"', "")))
        };
        // Google keeps what its customers add in schemas; whoever writes IT.serials means those.
        let serial = "upper(trim(CASE j.type WHEN 'object' THEN json_extract(j.value, '$.value') ELSE j.value END))";
        let named = format!(
            "(SELECT {serial} AS serial_key, u.id AS user_id
              FROM users u CROSS JOIN (SELECT ?2 AS path UNION ALL SELECT ?3) p
              CROSS JOIN json_each(u.attributes -> p.path) j
              WHERE instr(u.attributes, ?4) > 0 AND u.status <> 'removed'
                AND json_type(u.attributes, p.path) <> 'object' AND j.type <> 'null')"
        );
        let (plain, custom) = (path(&[]), path(&["custom_schemas"]));
        let last = format!("\"{}\"", attribute.rsplit('.').next().unwrap_or_default());
        db.execute(&known(&named), params![attribute, plain, custom, last])?;
        let came = format!(
            "c.field = 'attributes' AND NOT EXISTS (
                 SELECT 1 FROM (SELECT ?2 AS path UNION ALL SELECT ?3) p
                 CROSS JOIN json_each(CASE WHEN json_valid(c.before) THEN c.before END, p.path) j
                 WHERE {serial} = s.serial_key)"
        );
        db.execute(&dated(among, &came), params![attribute, plain, custom])?;
    }
    db.execute(
        &format!(
            "INSERT INTO temp.r_told (device_id, kind, attribute, value, observed_at, source, wish, pinned, logins, total,
                 ignored)
             SELECT s.device_id, 'user_attr_serial', ?1, s.serial_key, max(coalesce(k.since, u.updated_at)), 'directory', 0, 0, 1, 1,
                 CASE WHEN max({SERIAL_COUNTS}) THEN NULL ELSE 'older' END
             FROM {} CROSS JOIN temp.r_serials k ON k.attribute = ?1 AND k.device_id = s.device_id
             CROSS JOIN users u ON u.id = k.user_id GROUP BY s.device_id",
            among.devices()
        ),
        [attribute],
    )?;
    Ok(())
}
