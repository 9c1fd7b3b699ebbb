//! Rules that are for few people or few devices: what they believe is looked at only of the devices that may be theirs,
//! which are found from those few. Every other device has nobody the rule could name, or is none it is for.

use rusqlite::Connection;

use super::conditions::Drive;
use super::table::KnownRule;
use crate::model::{EvidenceKind, MatchField};

/// How much of one source of candidates is looked at bit by bit, rule after rule, before it is quicker to look at all of it.
pub(super) struct Patience {
    most: i64,
    spent: Vec<(usize, i64)>,
}

impl Patience {
    /// Where so many devices are undecided.
    pub(super) fn of(open: i64) -> Self {
        Self { most: open / 4, spent: Vec::new() }
    }

    /// Lays out in `r_few` the devices that a rule may be about, perhaps with some more, unless there is too much to look
    /// at; says whether it did.
    pub(super) fn lay(
        &mut self,
        db: &Connection,
        number: i64,
        known: &KnownRule,
        way: Drive,
        source: usize,
    ) -> rusqlite::Result<bool> {
        let evidence = known.rule.evidence;
        let Some(condition) = way.condition(number) else { return Ok(false) };
        if evidence == EvidenceKind::UserAttrSerial {
            return Ok(false);
        }
        let (start, spent) = (way.start(), self.spent(source));
        let left = (self.most - spent).max(0);
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {start} WHERE {condition} LIMIT ?1)");
        let looked_at: i64 = db.query_row(&sql, [left + 1], |row| row.get(0))?;
        self.spent.push((source, looked_at));
        if looked_at > left {
            return Ok(false);
        }
        db.execute_batch("DELETE FROM temp.r_few;")?;
        let those = match way {
            Drive::Devices(_) | Drive::Prefix => format!("SELECT s.device_id FROM {start} WHERE {condition}"),
            _ => {
                let names = names(&known.rule.matches, &start, &condition);
                let told = match evidence {
                    EvidenceKind::Login => "device_logins e ON e.value_key = +called.key".to_owned(),
                    kind => format!("device_evidence e ON e.value_key = +called.key AND e.kind = '{}'", kind.as_str()),
                };
                format!("WITH called (key) AS ({names}) SELECT e.device_id FROM called CROSS JOIN {told}")
            }
        };
        db.execute(&format!("INSERT OR IGNORE INTO temp.r_few {those}"), [])?;
        Ok(true)
    }

    fn spent(&self, source: usize) -> i64 {
        self.spent.iter().filter(|(of, _)| *of == source).map(|(_, spent)| spent).sum()
    }
}

/// What evidence may call people, as it is compared. An index finds nothing by what is nobody's name (NULL).
fn names(matches: &[MatchField], people: &str, condition: &str) -> String {
    let known = "CROSS JOIN users u ON u.id = p.user_id";
    let names = matches.iter().map(|field| match field {
        MatchField::ExternalId => format!("SELECT lower(u.external_id) FROM {people} {known} WHERE {condition}"),
        MatchField::Email => format!("SELECT p.email FROM {people} WHERE {condition}"),
        MatchField::Upn => format!("SELECT p.user_name FROM {people} WHERE {condition}"),
        MatchField::Alias => format!(
            "SELECT lower(j.value) FROM {people} {known} CROSS JOIN json_each(u.aliases) j
             WHERE {condition} AND u.aliases <> '[]'"
        ),
    });
    names.collect::<Vec<_>>().join(" UNION ")
}
