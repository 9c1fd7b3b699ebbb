//! What the decision does to holders: who is given what, each change with its rule, its evidence and its line of history.

use rusqlite::{Connection, named_params, params};

use crate::model::Gift;
use crate::store::columns::{Mapped, id_list};
use crate::store::rules::AutoAssign;

/// What was told may have meant somebody else of the same name, who is not here any more or is called otherwise by now.
const MEANT_ANOTHER: &str = "(
    EXISTS (SELECT 1 FROM users o WHERE lower(o.email) = +t.value_key AND o.id <> x.user_id AND o.status <> 'active')
    OR EXISTS (SELECT 1 FROM users o WHERE lower(o.user_name) = +t.value_key AND o.id <> x.user_id AND o.status <> 'active')
    OR EXISTS (SELECT 1 FROM changes c WHERE lower(c.before) = +t.value_key AND c.subject = 'user' AND c.field = 'email'
               AND c.subject_id <> x.user_id))";

/// What a list wished is its own doing, and the history says `import`, with what the list said for a reason.
const SOURCE: &str = "CASE WHEN t.wish AND t.source = 'import' AND r.built_in THEN 'import' ELSE 'rule:' || r.name END";

/// The evidence in words: kind, value, when, from where.
const REASON: &str = "CASE WHEN t.wish AND t.reason IS NOT NULL THEN t.reason
    WHEN t.kind = 'login' THEN 'login ' || t.value || ', ' ||
        (SELECT sum(l.logins) FROM temp.r_cand c CROSS JOIN temp.r_told l ON l.n = c.n
         WHERE c.source = r.source AND c.device_id = x.device_id AND c.user_id = x.user_id)
        || ' of ' || t.total || ' sign-ins in 30 days, last ' || t.observed_at
    WHEN t.kind = 'user_attr_serial' THEN 'user_attr_serial ' || t.attribute || ' is ' || t.value
    ELSE t.kind || ' ' || t.value || ' (' || t.observed_at || ', ' || t.source || ')' END";

/// When whoever had it last got or lost it; empty if nobody ever had it.
const LAST: &str = "max(coalesce(s.since, ''),
    coalesce((SELECT max(a.ended_at) FROM assignments a WHERE a.device_id = x.device_id), ''))";

/// What somebody is called in the history.
fn label(of: &str) -> String {
    format!("coalesce({of}.email, {of}.user_name, {of}.display_name, {of}.external_id)")
}

/// Notes in `r_gifts` which of the decisions change a holder, with all there is to write of it. Nothing that is pinned or
/// shared, and nothing that was given by hand, unless a list wishes so that is younger than that. A rule replaces what has a
/// higher number than its own, and, once something newer was told, what it gave itself: that an old address means somebody
/// else by now is no reason to take a device from anybody. Nor does it where its evidence means the holder as well, active or
/// not; nor is anything given by what was told before the person came, of a name that another had.
pub(super) fn weigh(db: &Connection, only: &AutoAssign) -> rusqlite::Result<usize> {
    db.execute(
        &format!(
            "INSERT INTO temp.r_gifts
         SELECT x.device_id, x.rule, x.user_id, x.n, s.holder, r.priority, t.pinned, {SOURCE}, {REASON}, {},
             u.integration_id, {LAST}, d.serial, s.serial_key
         FROM temp.r_decided x
         CROSS JOIN temp.r_scope s ON s.device_id = x.device_id CROSS JOIN temp.r_rules r ON r.rule = x.rule
         CROSS JOIN temp.r_told t ON t.n = x.n CROSS JOIN users u ON u.id = x.user_id
         CROSS JOIN devices d ON d.id = x.device_id
         WHERE NOT s.shared AND NOT s.pinned AND s.holder IS NOT x.user_id
           AND (s.holder IS NULL OR (NOT :only_unassigned AND CASE r.on_conflict
                WHEN 'only-unassigned' THEN 0
                WHEN 'replace-if-holder-inactive' THEN
                    (SELECT CASE status WHEN 'out_of_scope' THEN coalesce(status_before, 'active') ELSE status END
                     FROM users WHERE id = s.holder) <> 'active'
                    AND (t.wish OR s.rank > 10)
                ELSE t.wish OR (s.rank > 10
                    AND (s.rank > r.priority OR (s.source = 'rule:' || r.name AND s.since < (
                        SELECT max(l.observed_at) FROM temp.r_cand c CROSS JOIN temp.r_told l ON l.n = c.n
                        WHERE c.source = r.source AND c.device_id = x.device_id AND c.user_id = x.user_id)))) END
                AND NOT EXISTS (SELECT 1 FROM temp.r_cand h WHERE h.source = r.source
                                AND h.device_id = x.device_id AND h.user_id = s.holder)))
           AND NOT (NOT t.wish AND t.observed_at < u.created_at AND {MEANT_ANOTHER})
           AND (:integrations IS NULL OR u.integration_id IN (SELECT value FROM json_each(:integrations)))",
            label("u")
        ),
        named_params! {
            ":only_unassigned": only.only_unassigned,
            ":integrations": only.integrations.as_deref().map(id_list),
        },
    )
}

/// Carries out what [`weigh`] found, all devices in a few statements.
pub(super) fn carry_out(db: &Connection, run: Option<i64>, at: &str, actor: Option<&str>) -> rusqlite::Result<()> {
    wishes(db)?;
    if db.query_row("SELECT NOT EXISTS (SELECT 1 FROM temp.r_gifts)", [], |row| row.get(0))? {
        return Ok(());
    }
    // Whatever the clock says now, nothing ends before it began, and nobody has it before another one had it.
    db.execute(
        "UPDATE assignments SET ended_at = max(?1, started_at), end_actor = ?2, end_source = g.source, end_reason = g.reason
         FROM temp.r_gifts g
         WHERE g.holder IS NOT NULL AND assignments.device_id = g.device_id AND assignments.ended_at IS NULL",
        params![at, actor],
    )?;
    // First whoever loses it, then whoever gets it, device by device: as the tables are walked, so that nothing is sorted.
    db.execute(
        &format!(
            "INSERT INTO changes (run_id, integration_id, at, subject, subject_id, external_id, label, kind, field, before,
                 after, actor)
             SELECT ?1, CASE WHEN k.gets THEN g.integration_id ELSE h.integration_id END, ?2, 'device', g.device_id,
                 g.serial, g.serial, CASE WHEN k.gets THEN 'assigned' ELSE 'unassigned' END, 'user',
                 CASE WHEN k.gets THEN NULL ELSE {} END, CASE WHEN k.gets THEN g.label END, ?3
             FROM temp.r_gifts g
             CROSS JOIN (SELECT 0 AS gets UNION ALL SELECT 1) k ON k.gets OR g.holder IS NOT NULL
             LEFT JOIN users h ON h.id = g.holder AND NOT k.gets
             ORDER BY g.device_id",
            label("h")
        ),
        params![run, at, actor],
    )?;
    db.execute(
        "INSERT INTO assignments (device_id, user_id, started_at, source, rank, pinned, reason, actor, run_id)
         SELECT device_id, user_id, max(?2, last), source, rank, pinned, reason, ?3, ?1 FROM temp.r_gifts
         ORDER BY device_id",
        params![run, at, actor],
    )?;
    Ok(())
}

/// A wish that was fulfilled, now or before, is waited for no more; whoever had the device all along has it by the list's
/// word from now on.
fn wishes(db: &Connection) -> rusqlite::Result<()> {
    let fulfilled = "SELECT x.device_id FROM device_evidence w CROSS JOIN temp.r_decided x ON x.device_id = w.device_id
         CROSS JOIN temp.r_told t ON t.n = x.n CROSS JOIN temp.r_scope s ON s.device_id = x.device_id
         WHERE w.waiting = 1 AND t.wish AND";
    db.execute_batch(&format!(
        "UPDATE assignments SET rank = 20
         WHERE ended_at IS NULL AND rank > 20 AND device_id IN ({fulfilled} s.holder = x.user_id);
         UPDATE device_evidence SET waiting = 0
         WHERE waiting = 1 AND device_id IN ({fulfilled}
             (s.holder = x.user_id OR x.device_id IN (SELECT device_id FROM temp.r_gifts)));"
    ))
}

/// What [`weigh`] found, by serial number.
pub(super) fn list(db: &Connection) -> Mapped<Vec<Gift>> {
    let mut statement = db.prepare(&format!(
        "SELECT g.serial, g.serial_key, g.user_id, g.label AS user, i.name AS integration, {} AS before, r.name AS rule,
             g.reason
         FROM temp.r_gifts g CROSS JOIN temp.r_rules r ON r.rule = g.rule
         CROSS JOIN integrations i ON i.id = g.integration_id LEFT JOIN users h ON h.id = g.holder",
        label("h")
    ))?;
    let rows = statement.query_map([], |row| {
        let gift = Gift {
            serial: row.get("serial")?,
            user_id: row.get("user_id")?,
            user: row.get("user")?,
            integration: row.get("integration")?,
            before: row.get("before")?,
            rule: row.get("rule")?,
            reason: row.get("reason")?,
        };
        Ok((row.get::<_, String>("serial_key")?, gift))
    })?;
    let mut all = rows.collect::<Mapped<Vec<_>>>()?;
    // All columns would go through SQLite's sorting.
    all.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(all.into_iter().map(|(_, gift)| gift).collect())
}
