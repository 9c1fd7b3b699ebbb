//! The table of lives as SQL: what becomes of people when something happens to them, in statements about many at once.
//! Whoever holds a device is retained, never removed; every statement that could remove somebody asks here.

use crate::model::{LifeCycle, LifeEvent, Transition};

/// A condition: the person whose id is the SQL expression `user` holds a device now.
pub(super) fn holds_device(user: &str) -> String {
    format!("EXISTS (SELECT 1 FROM assignments WHERE assignments.user_id = {user} AND assignments.ended_at IS NULL)")
}

/// What an event brings, as SQL expressions; each is NULL where nothing happens.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    /// The status after.
    pub(super) status: String,
    /// The reason after; NULL also where it stays.
    pub(super) reason: String,
    /// The kind of the line of history.
    pub(super) kind: String,
}

impl Fate {
    /// What `event` brings to people of the status that the expression `status` has, who do or do not hold a device as
    /// the condition `holds` says.
    pub(super) fn of(life: LifeCycle, event: LifeEvent, status: &str, holds: &str) -> Self {
        let ways: Vec<&Transition> = life.of(event).collect();
        let case = |pick: &dyn Fn(&Transition) -> Option<&'static str>| {
            let mut whens = String::new();
            let mut seen = Vec::new();
            for from in ways.iter().filter_map(|way| way.from) {
                if seen.contains(&from) {
                    continue;
                }
                seen.push(from);
                let after = |held: bool| {
                    let way = life.next(Some(from), event, held);
                    way.and_then(pick).map_or("NULL".to_owned(), |word| format!("'{word}'"))
                };
                let (held, free) = (after(true), after(false));
                let then = if held == free { held } else { format!("CASE WHEN {holds} THEN {held} ELSE {free} END") };
                whens.push_str(&format!(" WHEN '{}' THEN {then}", from.as_str()));
            }
            if whens.is_empty() { "NULL".to_owned() } else { format!("CASE {status}{whens} END") }
        };
        Self {
            status: case(&|way| Some(way.to.as_str())),
            reason: case(&|way| way.reason),
            kind: case(&|way| Some(way.change.as_str())),
        }
    }

    /// This fate where `condition` holds, else another.
    pub(super) fn when(self, condition: &str, other: Self) -> Self {
        let choose = |this: String, other: String| format!("CASE WHEN {condition} THEN {this} ELSE {other} END");
        Self {
            status: choose(self.status, other.status),
            reason: choose(self.reason, other.reason),
            kind: choose(self.kind, other.kind),
        }
    }
}

/// The kind of the line that somebody leaves who is seen again, by the expression of their status until now.
pub(super) fn kind_when_seen(life: LifeCycle, was: &str) -> String {
    let enabled = Fate::of(life, LifeEvent::SeenEnabled, was, "0").kind;
    let disabled = Fate::of(life, LifeEvent::SeenDisabled, was, "0").kind;
    let left_out = Fate::of(life, LifeEvent::LeftOut, was, "0").kind;
    format!("coalesce({enabled}, {disabled}, {left_out})")
}

/// Assignments of an UPDATE of `users` that take people to the status `to` for the reason `reason` (both SQL
/// expressions; where the reason is NULL it stays) at the time `at`. Whoever leaves the directory keeps the names of
/// their groups, which may be gone before they are.
pub(super) fn moving(to: &str, reason: &str, at: &str) -> String {
    let groups = group_names("users");
    format!(
        "status = {to}, updated_at = {at},
         status_before = CASE WHEN {to} IN ('active', 'suspended') THEN NULL
                              WHEN status IN ('active', 'suspended') THEN status ELSE status_before END,
         status_reason = coalesce({reason}, status_reason),
         removed_at = CASE WHEN {to} = 'removed' THEN {at} END,
         retained_at = CASE WHEN {to} = 'retained' THEN coalesce(retained_at, {at}) END,
         last_groups = CASE WHEN {to} IN ('missing', 'retained') THEN coalesce(last_groups, {groups}) END,
         scoped_out = {to} = 'missing' AND status = 'out_of_scope',
         kept = 0"
    )
}

/// Names of the groups that the person `user` is a direct member of, as a JSON array.
fn group_names(user: &str) -> String {
    format!(
        "(SELECT json_group_array(label) FROM (
              SELECT coalesce(g.email, g.name, g.external_id) AS label
              FROM memberships m JOIN groups g ON g.id = m.group_id
              WHERE m.member_external_id = {user}.external_id AND g.integration_id = {user}.integration_id ORDER BY 1))"
    )
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::model::UserStatus;
    use crate::people::LIFE_CYCLE;

    #[test]
    fn the_sql_says_what_the_table_says() {
        let db = Connection::open_in_memory().unwrap();
        for (event, from) in LifeEvent::ALL.into_iter().flat_map(|event| UserStatus::ALL.map(|from| (event, from))) {
            for holds in [false, true] {
                let fate = Fate::of(LIFE_CYCLE, event, "?1", "?2");
                let sql = format!("SELECT {}, {}, {} WHERE ?1 + ?2 IS NOT NULL", fate.status, fate.reason, fate.kind);
                let told: (Option<String>, Option<String>, Option<String>) = db
                    .query_row(&sql, (from.as_str(), holds), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .unwrap();
                let next = LIFE_CYCLE.next(Some(from), event, holds);
                let own = |word: &'static str| word.to_owned();
                let said = (
                    next.map(|it| own(it.to.as_str())),
                    next.and_then(|it| it.reason.map(own)),
                    next.map(|it| own(it.change.as_str())),
                );
                assert_eq!(told, said, "{from:?} {event:?} {holds}");
            }
        }
    }
}
