//! Who is in a group: directly, as the directory lists it, or in the end, with nested groups and "everyone" resolved.

use std::collections::{HashMap, HashSet, VecDeque};

use rusqlite::{Row, params};

use super::columns::Mapped;
use super::{Store, StoreError};
use crate::model::MemberRow;

/// A member listed as a person, with an address, but unknown here is from outside unless its address is of one of our own
/// domains; the same rule as in `v1_memberships`.
const MEMBER: &str = "
    m.member_external_id AS external_id,
    CASE WHEN m.kind = 'user' AND u.id IS NULL AND m.email IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM domains d WHERE d.integration_id = g.integration_id
                          AND d.domain = lower(substr(m.email, instr(m.email, '@') + 1)))
         THEN 'external' ELSE m.kind END AS kind,
    coalesce(m.email, u.email, sub.email) AS email, coalesce(u.display_name, sub.name) AS display_name, m.role";

const KNOWN: &str = "
    LEFT JOIN users u ON m.kind = 'user' AND u.integration_id = g.integration_id
                     AND u.external_id = m.member_external_id
    LEFT JOIN groups sub ON m.kind = 'group' AND sub.integration_id = g.integration_id
                          AND sub.external_id = m.member_external_id";

/// Entra keeps the memberships of people it has deleted, for a restore; until then they are nobody's members.
const PRESENT: &str = "(u.id IS NULL OR g.source IS NULL OR u.status NOT IN ('removed', 'retained'))";

impl Store {
    /// Hands the direct members of a group to `each`.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_member<E: From<StoreError>>(
        &self,
        group: i64,
        each: impl FnMut(MemberRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT {MEMBER}, NULL AS place FROM memberships m JOIN groups g ON g.id = m.group_id {KNOWN}
             WHERE m.group_id = ?1 AND {PRESENT} ORDER BY lower(coalesce(m.email, u.email)), m.member_external_id"
        );
        self.hand_over(&sql, params![group], &[], each)
    }

    /// Hands everybody who is in a group in the end to `each`, once, with the shortest way down. Groups stand for their
    /// members, everyone for all active people of the integration; what is unknown here stays as it is listed.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_nested_member<E: From<StoreError>>(
        &self,
        group: i64,
        each: impl FnMut(MemberRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let ways = self.ways_down(group)?;
        let places: Vec<i64> = ways.iter().map(|(id, _)| *id).collect();
        let paths: Vec<String> = ways.into_iter().map(|(_, path)| path).collect();
        // With a bare min(), SQLite takes the other columns from the row that has the minimum. CROSS JOIN keeps its
        // planner from walking all people for each group.
        let sql = format!(
            "WITH way AS (SELECT value AS id, key AS place FROM json_each(?1)),
             listed AS (
                 SELECT {MEMBER}, way.place FROM way CROSS JOIN groups g ON g.id = way.id
                 CROSS JOIN memberships m ON m.group_id = g.id {KNOWN}
                 WHERE m.kind <> 'everyone' AND sub.id IS NULL AND {PRESENT}
                 UNION ALL
                 SELECT u.external_id, 'user', u.email, u.display_name, everyone.role, everyone.place
                 FROM (SELECT g.integration_id, m.role, min(way.place) AS place
                       FROM way CROSS JOIN groups g ON g.id = way.id
                       CROSS JOIN memberships m ON m.group_id = g.id AND m.kind = 'everyone'
                       GROUP BY g.integration_id) AS everyone
                 CROSS JOIN users u ON u.integration_id = everyone.integration_id AND u.status = 'active')
             SELECT external_id, kind, email, display_name, role, min(place) AS place
             FROM listed GROUP BY external_id ORDER BY lower(email), external_id"
        );
        let places = serde_json::Value::from(places).to_string();
        self.hand_over(&sql, params![places], &paths, each)
    }

    /// The group and every group below it, nearest first, each with the names on the shortest way to it.
    fn ways_down(&self, root: i64) -> Result<Vec<(i64, String)>, StoreError> {
        // UNION drops what was reached before, so that a cycle ends and a diamond is walked once.
        let mut statement = self.db.prepare_cached(
            "WITH RECURSIVE below (id) AS (
                 VALUES (?1)
                 UNION
                 SELECT sub.id FROM below JOIN groups g ON g.id = below.id
                 JOIN memberships m ON m.group_id = g.id AND m.kind = 'group'
                 JOIN groups sub ON sub.integration_id = g.integration_id
                                  AND sub.external_id = m.member_external_id)
             SELECT g.id, coalesce(g.email, g.name, g.external_id), sub.id
             FROM below JOIN groups g ON g.id = below.id
             LEFT JOIN memberships m ON m.group_id = g.id AND m.kind = 'group'
             LEFT JOIN groups sub ON sub.integration_id = g.integration_id
                                   AND sub.external_id = m.member_external_id
             ORDER BY 2, 1",
        )?;
        let mut names = HashMap::new();
        let mut inner: HashMap<i64, Vec<i64>> = HashMap::new();
        let mut rows = statement.query([root])?;
        while let Some(row) = rows.next()? {
            let (id, name, child): (i64, String, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            names.insert(id, name);
            inner.entry(id).or_default().extend(child);
        }
        let name = |id: i64| names.get(&id).cloned().unwrap_or_default();
        let mut seen = HashSet::from([root]);
        let mut queue = VecDeque::from([(root, name(root))]);
        let mut ways = Vec::new();
        while let Some((id, path)) = queue.pop_front() {
            for &child in inner.get(&id).into_iter().flatten() {
                if seen.insert(child) {
                    queue.push_back((child, format!("{path} > {}", name(child))));
                }
            }
            ways.push((id, path));
        }
        Ok(ways)
    }

    fn hand_over<E: From<StoreError>>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        paths: &[String],
        mut each: impl FnMut(MemberRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.db.prepare_cached(sql).map_err(StoreError::from)?;
        let mut rows = statement.query(parameters).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(member(row, paths).map_err(StoreError::from)?)?;
        }
        Ok(())
    }
}

fn member(row: &Row<'_>, paths: &[String]) -> Mapped<MemberRow> {
    let place: Option<u32> = row.get("place")?;
    Ok(MemberRow {
        external_id: row.get("external_id")?,
        kind: row.get("kind")?,
        email: row.get("email")?,
        display_name: row.get("display_name")?,
        role: row.get("role")?,
        path: place.and_then(|place| paths.get(place as usize)).cloned(),
    })
}
