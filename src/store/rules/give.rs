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

/// Notes in `r_gifts` which of the decisions change a holder. Nothing that is pinned or shared, and nothing that was given
/// by hand, unless a list wishes so that is younger than that. A rule replaces what has a higher number than its own, and,
/// once something newer was told, what it gave itself: that an old address means somebody else by now is no reason to take
/// a device from anybody. Nor does it where its evidence means the holder as well, active or not; nor is anything given by
/// what was told before the person came, of a name that another had.
pub(super) fn weigh(db: &Connection, only: &AutoAssign) -> rusqlite::Result<usize> {
    db.execute(
        &format!(
            "INSERT INTO temp.r_gifts
         SELECT x.device_id, x.rule, x.user_id, x.n, s.holder FROM temp.r_decided x
         CROSS JOIN temp.r_scope s ON s.device_id = x.device_id CROSS JOIN temp.r_rules r ON r.rule = x.rule
         CROSS JOIN temp.r_told t ON t.n = x.n
         WHERE NOT s.shared AND NOT s.pinned AND s.holder IS NOT x.user_id
           AND (s.holder IS NULL OR (NOT :only_unassigned AND CASE r.on_conflict
                WHEN 'only-unassigned' THEN 0
                WHEN 'replace-if-holder-inactive' THEN
                    (SELECT status FROM users WHERE id = s.holder) NOT IN ('active', 'out_of_scope')
                    AND (t.wish OR s.rank > 10)
                ELSE t.wish OR (s.rank > 10
                    AND (s.rank > r.priority OR (s.source = 'rule:' || r.name AND s.since < (
                        SELECT max(l.observed_at) FROM temp.r_cand c CROSS JOIN temp.r_told l ON l.n = c.n
                        WHERE c.source = r.source AND c.device_id = x.device_id AND c.user_id = x.user_id)))) END
                AND NOT EXISTS (SELECT 1 FROM temp.r_cand h WHERE h.source = r.source
                                AND h.device_id = x.device_id AND h.user_id = s.holder)))
           AND NOT (NOT t.wish AND t.observed_at < (SELECT created_at FROM users WHERE id = x.user_id) AND {MEANT_ANOTHER})
           AND (:integrations IS NULL OR (SELECT integration_id FROM users WHERE id = x.user_id)
                IN (SELECT value FROM json_each(:integrations)))"
        ),
        named_params! {
            ":only_unassigned": only.only_unassigned,
            ":integrations": only.integrations.as_deref().map(id_list),
        },
    )
}

/// What a list wished is its own doing, and the history says `import`, with what the list said for a reason.
const SOURCE: &str = "CASE WHEN t.wish AND t.source = 'import' AND r.built_in THEN 'import' ELSE 'rule:' || r.name END";

/// The evidence in words: kind, value, when, from where.
const REASON: &str = "CASE WHEN t.wish AND t.reason IS NOT NULL THEN t.reason
    WHEN t.kind = 'login' THEN 'login ' || t.value || ', ' ||
        (SELECT sum(l.logins) FROM temp.r_cand c CROSS JOIN temp.r_told l ON l.n = c.n
         WHERE c.source = r.source AND c.device_id = g.device_id AND c.user_id = g.user_id)
        || ' of ' || t.total || ' sign-ins in 30 days, last ' || t.observed_at
    WHEN t.kind = 'user_attr_serial' THEN 'user_attr_serial ' || t.attribute || ' is ' || t.value
    ELSE t.kind || ' ' || t.value || ' (' || t.observed_at || ', ' || t.source || ')' END";

const GIFTS: &str = "temp.r_gifts g CROSS JOIN temp.r_rules r ON r.rule = g.rule CROSS JOIN temp.r_told t ON t.n = g.n
    CROSS JOIN devices d ON d.id = g.device_id";

/// Carries out what [`weigh`] found, all devices in a few statements.
pub(super) fn carry_out(db: &Connection, run: Option<i64>, at: &str, actor: Option<&str>) -> rusqlite::Result<()> {
    wishes(db)?;
    if db.query_row("SELECT NOT EXISTS (SELECT 1 FROM temp.r_gifts)", [], |row| row.get(0))? {
        return Ok(());
    }
    let label = "coalesce(u.email, u.user_name, u.display_name, u.external_id)";
    // Whatever the clock says now, nothing ends before it began, and nobody has it before another one had it.
    db.execute(
        &format!(
            "UPDATE assignments SET ended_at = max(?1, started_at), end_actor = ?2, end_source = n.source,
                 end_reason = n.reason
             FROM (SELECT g.device_id, {SOURCE} AS source, {REASON} AS reason FROM {GIFTS} WHERE g.holder IS NOT NULL) n
             WHERE assignments.device_id = n.device_id AND assignments.ended_at IS NULL"
        ),
        params![at, actor],
    )?;
    db.execute(
        &format!(
            "INSERT INTO changes (run_id, integration_id, at, subject, subject_id, external_id, label, kind, field, before,
                 after, actor)
             SELECT ?1, integration_id, ?2, 'device', id, serial, serial, kind, 'user', before, after, ?3 FROM (
                 SELECT d.id, d.serial, 'unassigned' AS kind, u.integration_id, {label} AS before, NULL AS after
                 FROM {GIFTS} CROSS JOIN users u ON u.id = g.holder
                 UNION ALL
                 SELECT d.id, d.serial, 'assigned', u.integration_id, NULL, {label}
                 FROM {GIFTS} CROSS JOIN users u ON u.id = g.user_id)
             ORDER BY id, kind DESC"
        ),
        params![run, at, actor],
    )?;
    db.execute(
        &format!(
            "INSERT INTO assignments (device_id, user_id, started_at, source, rank, pinned, reason, actor, run_id)
             SELECT g.device_id, g.user_id,
                 max(?2, coalesce((SELECT max(ended_at) FROM assignments o WHERE o.device_id = g.device_id), ?2)),
                 {SOURCE}, r.priority, t.pinned, {REASON}, ?3, ?1
             FROM {GIFTS} ORDER BY g.device_id"
        ),
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
        "SELECT d.serial, g.user_id, coalesce(u.email, u.user_name, u.display_name, u.external_id) AS user,
             i.name AS integration, coalesce(h.email, h.user_name, h.display_name, h.external_id) AS before,
             r.name AS rule, {REASON} AS reason
         FROM {GIFTS} CROSS JOIN users u ON u.id = g.user_id CROSS JOIN integrations i ON i.id = u.integration_id
         LEFT JOIN users h ON h.id = g.holder ORDER BY d.serial_key"
    ))?;
    let rows = statement.query_map([], |row| {
        Ok(Gift {
            serial: row.get("serial")?,
            user_id: row.get("user_id")?,
            user: row.get("user")?,
            integration: row.get("integration")?,
            before: row.get("before")?,
            rule: row.get("rule")?,
            reason: row.get("reason")?,
        })
    })?;
    rows.collect()
}
