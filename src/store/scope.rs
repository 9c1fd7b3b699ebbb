//! The scope as SQL: whom it takes in, of what is stored and of what is about to be, who moves across its border, and
//! setting it. Leaving it is no departure: people stay, as `out_of_scope`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, named_params, params};
use serde::Serialize;

use super::columns::stamp;
use super::held::decide;
use super::retention::{Fate, holds_device, moving};
use super::{Stage, Store, StoreError};
use crate::model::{IntegrationId, LifeCycle, LifeEvent, PlanState, Scope};

/// What a scope comes to, or would come to; field names are the keys of the JSON output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScopeEffect {
    /// People who count then: active and suspended.
    pub people: i64,
    /// People who are out of scope then.
    pub out_of_scope: i64,
    /// People who come in by it.
    pub coming_in: i64,
    /// People who go out of scope by it.
    pub going_out: i64,
    /// Those of them who hold a device, and keep it.
    pub holders: i64,
    /// The devices they hold.
    pub devices: i64,
    /// The first of those who go out, by address, for a look before it happens.
    pub going_out_sample: Vec<String>,
}

const SAMPLE: i64 = 20;

/// What the directory says of the person `u`, whom a scope may leave out.
const THERE: &str = "CASE WHEN u.status = 'out_of_scope' THEN coalesce(u.status_before, 'active') ELSE u.status END";

impl Store {
    /// Which of an integration's people come in.
    ///
    /// # Errors
    /// The database refuses.
    pub fn scope(&self, integration: IntegrationId) -> Result<Scope, StoreError> {
        Ok(stored(&self.db, integration)?)
    }

    /// How many of an integration's people count (active and suspended), and how many are out of scope.
    ///
    /// # Errors
    /// The database refuses.
    pub fn scope_counts(&self, integration: IntegrationId) -> Result<(i64, i64), StoreError> {
        Ok(counts(&self.db, integration)?)
    }

    /// Sets which of an integration's people come in, and settles anew who counts, by what is stored. Nothing of it stays
    /// if `pretend` is set.
    ///
    /// # Errors
    /// The database refuses; then nothing has changed.
    pub fn set_scope(
        &mut self,
        life: LifeCycle,
        integration: IntegrationId,
        scope: &Scope,
        actor: &str,
        now: Timestamp,
        pretend: bool,
    ) -> Result<ScopeEffect, StoreError> {
        let at = stamp(now);
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let text = (!scope.is_everybody()).then(|| serde_json::to_string(scope).unwrap_or_default());
        transaction.execute("UPDATE integrations SET scope = ?2 WHERE id = ?1", params![integration.0, text])?;
        let border = Border::draw(&transaction, integration, scope, false)?;
        transaction.execute_batch("DROP TABLE IF EXISTS temp.scope_moves")?;
        transaction.execute(
            &format!("CREATE TEMP TABLE scope_moves AS {}", moves(life, &border)),
            named_params! {":integration": integration.0},
        )?;
        let effect = effect(&transaction, integration)?;
        transaction.execute(
            &format!(
                "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, label, kind, field, before,
                     after, actor)
                 SELECT ?1, ?2, m.*, ?3 FROM ({}) m",
                rows_of_moves("temp")
            ),
            params![integration.0, at, actor],
        )?;
        move_people(&transaction, "temp", &at)?;
        let_out_of_plan(&transaction, integration, actor, &at)?;
        let effect = {
            let (people, out_of_scope) = counts(&transaction, integration)?;
            ScopeEffect { people, out_of_scope, ..effect }
        };
        transaction.execute_batch("DROP TABLE temp.scope_moves")?;
        if pretend {
            transaction.rollback()?;
        } else {
            transaction.commit()?;
        }
        Ok(effect)
    }
}

impl Stage {
    /// Tells who is in the scope once this run is applied: whoever is staged and left out is staged as such, and whoever
    /// is not staged and moves across the border is noted.
    pub(super) fn narrow(&self) -> rusqlite::Result<()> {
        let (db, integration) = (&self.store.db, self.integration);
        let scope = stored(db, integration)?;
        let anybody_out = "SELECT 1 FROM users WHERE integration_id = ?1 AND status = 'out_of_scope'";
        if scope.is_everybody() && !db.prepare(anybody_out)?.exists([integration.0])? {
            return Ok(());
        }
        let border = Border::draw(db, integration, &scope, true)?;
        // A suspension that would have to wait for approval is nobody's loss here.
        db.execute(
            &format!(
                "UPDATE stage.users AS s SET held = 0, status = 'out_of_scope',
                     status_before = CASE WHEN s.held THEN 'suspended' ELSE s.status END,
                     status_reason = CASE WHEN s.held THEN s.held_reason ELSE s.status_reason END
                 WHERE NOT ({})",
                border.takes_in("s", "s.status")
            ),
            [],
        )?;
        db.execute(
            &format!(
                "INSERT INTO stage.scope_moves (id, was, fate, kind) {}
                   AND u.id NOT IN (SELECT user_id FROM stage.users WHERE user_id IS NOT NULL)
                   AND u.id NOT IN (SELECT id FROM stage.absent_users)",
                moves(self.life, &border)
            ),
            named_params! {":integration": integration.0},
        )?;
        db.execute_batch(
            "DELETE FROM stage.carried_items WHERE action = 'suspend' AND (
                 user_id IN (SELECT id FROM stage.scope_moves)
                 OR user_id IN (SELECT user_id FROM stage.users WHERE status = 'out_of_scope'))",
        )
    }
}

/// A scope drawn on the people there are: its org units and the members of its groups, looked up once.
struct Border<'a> {
    scope: &'a Scope,
    /// One of the groups has the whole organisation as a member.
    everyone: bool,
}

impl<'a> Border<'a> {
    /// Draws it: by what is stored, or, `staged`, by what will be once the run is applied.
    fn draw(db: &Connection, integration: IntegrationId, scope: &'a Scope, staged: bool) -> rusqlite::Result<Self> {
        db.execute_batch(
            "DROP TABLE IF EXISTS temp.scope_units; DROP TABLE IF EXISTS temp.scope_members;
             CREATE TEMP TABLE scope_units (unit TEXT NOT NULL);
             CREATE TEMP TABLE scope_members (id TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (id, kind)) WITHOUT ROWID;",
        )?;
        let list = |values: &[String]| serde_json::Value::from(values).to_string();
        db.execute(
            "INSERT INTO temp.scope_units SELECT lower(rtrim(value, '/')) FROM json_each(?1)",
            [list(&scope.org_units)],
        )?;
        if scope.groups.is_empty() {
            return Ok(Self { scope, everyone: false });
        }
        let below = members("below", "m.member_external_id", "m.kind = 'group'", staged);
        let within = members("below", "m.member_external_id, m.kind", "m.kind IN ('user', 'everyone')", staged);
        db.execute(
            &format!(
                "WITH RECURSIVE below (id) AS (SELECT value FROM json_each(:groups) UNION {})
                 INSERT OR IGNORE INTO temp.scope_members (id, kind) {}",
                below.join(" UNION "),
                within.join(" UNION ALL ")
            ),
            named_params! {":integration": integration.0, ":groups": list(&scope.groups)},
        )?;
        let everyone = db.prepare("SELECT 1 FROM temp.scope_members WHERE kind = 'everyone'")?.exists([])?;
        Ok(Self { scope, everyone })
    }

    /// The condition that it takes in the person whose row is `of`, and of whom the directory says `status`.
    fn takes_in(&self, of: &str, status: &str) -> String {
        let mut all = vec!["1".to_owned()];
        if !self.scope.org_units.is_empty() {
            all.push(format!(
                "EXISTS (SELECT 1 FROM temp.scope_units t WHERE lower({of}.org_unit) = t.unit
                         OR lower(substr({of}.org_unit, 1, length(t.unit) + 1)) = t.unit || '/')"
            ));
        }
        if !self.scope.groups.is_empty() && !self.everyone {
            all.push(format!(
                "EXISTS (SELECT 1 FROM temp.scope_members t WHERE t.id = {of}.external_id AND t.kind = 'user')"
            ));
        }
        if self.scope.exclude_suspended {
            all.push(format!("{status} <> 'suspended'"));
        }
        all.join(" AND ")
    }
}

/// SELECTs of the `columns` of the members (of such a `kind`) of the groups whose ids the table `from` has. By what is
/// stored, but for lists that are staged and for groups that go.
fn members(from: &str, columns: &str, kind: &str, staged: bool) -> Vec<String> {
    let stored = format!(
        "SELECT {columns} FROM {from} b CROSS JOIN groups g ON g.integration_id = :integration AND g.external_id = b.id
         CROSS JOIN memberships m ON m.group_id = g.id AND {kind}"
    );
    if !staged {
        return vec![stored];
    }
    vec![
        format!(
            "{stored} WHERE g.id NOT IN (SELECT id FROM stage.absent_groups) AND NOT EXISTS (
                 SELECT 1 FROM stage.member_lists l WHERE l.group_id = g.id AND (
                     l.state = 'changed' OR l.state = 'partial' AND EXISTS (
                         SELECT 1 FROM stage.members n WHERE n.list_id = l.list_id
                         AND n.member_external_id = m.member_external_id AND n.gone)))"
        ),
        format!(
            "SELECT {columns} FROM {from} b
             CROSS JOIN stage.member_lists l ON l.group_external_id = b.id AND l.state IN ('changed', 'partial')
             CROSS JOIN stage.members m ON m.list_id = l.list_id AND NOT m.gone AND {kind}"
        ),
    ]
}

/// The stored people who move across the border: id, status until now, status from now on, kind of the line of history.
fn moves(life: LifeCycle, border: &Border<'_>) -> String {
    let inside = border.takes_in("u", THERE);
    let seen = |event| Fate::of(life, event, "u.status", "0");
    let back = seen(LifeEvent::SeenDisabled).when("u.status_before = 'suspended'", seen(LifeEvent::SeenEnabled));
    let Fate { status, kind, .. } = back.when("u.status = 'out_of_scope'", seen(LifeEvent::LeftOut));
    format!(
        "SELECT u.id, u.status AS was, {status} AS fate, {kind} AS kind FROM users u
         WHERE u.integration_id = :integration AND u.status IN ('active', 'suspended', 'out_of_scope')
           AND ({inside}) = (u.status = 'out_of_scope')"
    )
}

/// Rows of a plan for who moves across the border, from the table `scope_moves` of a schema.
pub(super) fn rows_of_moves(schema: &str) -> String {
    format!(
        "SELECT 'user', u.id, u.external_id, coalesce(u.email, u.user_name, u.display_name), m.kind, 'status', m.was, m.fate
         FROM {schema}.scope_moves m JOIN users u ON u.id = m.id ORDER BY m.id"
    )
}

/// Moves them; a suspension of theirs that waits for approval goes with them.
pub(super) fn move_people(db: &Connection, schema: &str, at: &str) -> rusqlite::Result<()> {
    let moving = moving("m.fate", "NULL", "?1");
    db.execute(&format!("UPDATE users SET {moving} FROM {schema}.scope_moves AS m WHERE users.id = m.id"), [at])?;
    // The directory may not say once more that they are suspended there.
    db.execute(
        &format!(
            "UPDATE users SET status_before = 'suspended', status_reason = x.status_reason
             FROM {schema}.scope_moves m CROSS JOIN plan_items x ON x.user_id = m.id AND x.status_then = m.was
             CROSS JOIN plans p ON p.id = x.plan_id AND p.state = 'held'
             WHERE users.id = m.id AND m.fate = 'out_of_scope' AND x.action = 'suspend'"
        ),
        [],
    )?;
    Ok(())
}

/// Takes those who went out of scope out of what is held: there is nothing to approve of them any more.
fn let_out_of_plan(db: &Connection, integration: IntegrationId, by: &str, at: &str) -> rusqlite::Result<()> {
    let plan = "SELECT id FROM plans WHERE integration_id = ?1 AND state = 'held'";
    let Some(plan) = db.query_row(plan, [integration.0], |row| row.get::<_, i64>(0)).optional()? else { return Ok(()) };
    let out = db.execute(
        "DELETE FROM plan_items WHERE plan_id = ?1 AND action = 'suspend'
         AND user_id IN (SELECT id FROM temp.scope_moves WHERE fate = 'out_of_scope')",
        [plan],
    )?;
    let any = db.prepare("SELECT 1 FROM plan_items WHERE plan_id = ?1")?.exists([plan])?;
    if out > 0 && !any {
        decide(db, plan, PlanState::Discarded, by, at)?;
    }
    Ok(())
}

fn stored(db: &Connection, integration: IntegrationId) -> rusqlite::Result<Scope> {
    let text: Option<Option<serde_json::Value>> =
        db.query_row("SELECT scope FROM integrations WHERE id = ?1", [integration.0], |row| row.get(0)).optional()?;
    let scope = text.flatten().map(serde_json::from_value).transpose();
    // Never everybody by mistake.
    let damaged = |error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error));
    Ok(scope.map_err(damaged)?.unwrap_or_default())
}

fn counts(db: &Connection, integration: IntegrationId) -> rusqlite::Result<(i64, i64)> {
    db.query_row(
        "SELECT coalesce(sum(status IN ('active', 'suspended')), 0), coalesce(sum(status = 'out_of_scope'), 0)
         FROM users WHERE integration_id = ?1",
        [integration.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Whom the moves in `temp.scope_moves` are about.
fn effect(db: &Connection, integration: IntegrationId) -> rusqlite::Result<ScopeEffect> {
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
    let out = "FROM temp.scope_moves m JOIN users u ON u.id = m.id WHERE m.fate = 'out_of_scope'";
    let (people, out_of_scope) = counts(db, integration)?;
    let mut sample = db.prepare(&format!(
        "SELECT coalesce(u.email, u.user_name, u.display_name, u.external_id) {out} ORDER BY 1 LIMIT {SAMPLE}"
    ))?;
    Ok(ScopeEffect {
        people,
        out_of_scope,
        coming_in: number("SELECT count(*) FROM temp.scope_moves WHERE was = 'out_of_scope'")?,
        going_out: number(&format!("SELECT count(*) {out}"))?,
        holders: number(&format!("SELECT count(*) {out} AND {}", holds_device("u.id")))?,
        devices: number(&format!(
            "SELECT count(*) FROM assignments a WHERE a.ended_at IS NULL AND a.user_id IN (SELECT u.id {out})"
        ))?,
        going_out_sample: sample.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?,
    })
}
