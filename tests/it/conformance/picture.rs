//! A directory as the contract shows it: every column that the directory decides, of everybody and everything.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::Value as Cell;
use serde_json::Value;

/// One row's columns.
pub(crate) type Fields = BTreeMap<&'static str, Option<String>>;

/// The columns of `v1_users` that the directory decides.
const OF_PERSON: &[&str] = &[
    "email",
    "user_name",
    "display_name",
    "given_name",
    "family_name",
    "status",
    "title",
    "department",
    "cost_center",
    "manager",
    "employee_id",
    "phone",
    "location",
    "org_unit",
    "aliases",
    "is_admin",
    "groups",
    // Kept, though no view shows them.
    "status_reason",
    "attributes",
];
const OF_GROUP: &[&str] = &["name", "email", "description", "kind", "members", "aliases"];
const OF_MEMBERSHIP: &[&str] = &["member_kind", "member_email", "role"];
const JSON: &[&str] = &["aliases", "groups", "attributes"];

/// People and groups by id, memberships by group and member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) people: BTreeMap<String, Fields>,
    pub(crate) groups: BTreeMap<String, Fields>,
    pub(crate) memberships: BTreeMap<(String, String), Fields>,
}

impl Picture {
    /// A picture whose columns that follow from others (a person's groups, a group's size) are filled in.
    pub(crate) fn finished(mut self) -> Self {
        for (id, group) in &mut self.groups {
            let members = self.memberships.keys().filter(|(of, _)| of == id).count();
            group.insert("members", Some(members.to_string()));
        }
        for (id, person) in &mut self.people {
            let groups = self.memberships.keys().filter(|(_, member)| member == id).map(|(group, _)| group);
            let label = |group: &String| {
                let fields = self.groups.get(group);
                let field = |name| fields.and_then(|fields| fields[name].clone());
                field("email").or_else(|| field("name")).unwrap_or_else(|| group.clone())
            };
            let mut labels: Vec<String> = groups.map(label).collect();
            labels.sort();
            person.insert("groups", Some(Value::from(labels).to_string()));
        }
        self
    }

    /// What the store holds of people who are there.
    pub(crate) fn stored(database: &Path) -> Self {
        let db = rusqlite::Connection::open(database).unwrap();
        let mut people = BTreeMap::new();
        let users = "SELECT external_id, v.*, u.status_reason, u.attributes FROM v1_users v JOIN users u USING (id, external_id)
                     WHERE v.integration = 'corp' AND v.status IN ('active', 'suspended')";
        read(&db, users, OF_PERSON, |row, fields| drop(people.insert(row.get(0).unwrap(), fields)));
        let mut groups = BTreeMap::new();
        let sql = "SELECT external_id, v.*, g.aliases FROM v1_groups v JOIN groups g USING (id, external_id)
                   WHERE v.integration = 'corp'";
        read(&db, sql, OF_GROUP, |row, fields| drop(groups.insert(row.get(0).unwrap(), fields)));
        let mut memberships = BTreeMap::new();
        let sql = "SELECT group_external_id, member_external_id, * FROM v1_memberships WHERE integration = 'corp'";
        read(&db, sql, OF_MEMBERSHIP, |row, fields| {
            let known = memberships.insert((row.get(0).unwrap(), row.get(1).unwrap()), fields);
            assert!(known.is_none(), "a membership is stored twice");
        });
        Self { people, groups, memberships }
    }

    /// Fails with the first differences, if there are any.
    #[track_caller]
    pub(crate) fn assert_is(&self, truth: &Self) {
        let mut differences = Vec::new();
        compare("person", &self.people, &truth.people, &mut differences);
        compare("group", &self.groups, &truth.groups, &mut differences);
        compare("membership", &self.memberships, &truth.memberships, &mut differences);
        let shown = differences.iter().take(8).cloned().collect::<Vec<_>>().join("\n");
        assert!(differences.is_empty(), "{} differences from the truth:\n{shown}", differences.len());
    }
}

fn read(
    db: &rusqlite::Connection,
    sql: &str,
    columns: &[&'static str],
    mut each: impl FnMut(&rusqlite::Row<'_>, Fields),
) {
    let mut statement = db.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let cell = |column: &&'static str| {
            let text = match row.get::<_, Cell>(*column).unwrap() {
                Cell::Null => None,
                Cell::Integer(number) => Some(number.to_string()),
                Cell::Text(text) if JSON.contains(column) => {
                    Some(serde_json::from_str::<Value>(&text).unwrap().to_string())
                }
                Cell::Text(text) => Some(text),
                other => panic!("{column} holds {other:?}"),
            };
            (*column, text)
        };
        each(row, columns.iter().map(cell).collect());
    }
}

fn compare<K: Ord + std::fmt::Debug>(
    what: &str,
    stored: &BTreeMap<K, Fields>,
    truth: &BTreeMap<K, Fields>,
    differences: &mut Vec<String>,
) {
    for (key, fields) in truth {
        let Some(held) = stored.get(key) else {
            differences.push(format!("{what} {key:?} is not stored: {fields:?}"));
            continue;
        };
        let columns = fields.keys().chain(held.keys().filter(|column| !fields.contains_key(*column)));
        for column in columns.filter(|column| fields.get(*column) != held.get(*column)) {
            let (is, should) = (held.get(column), fields.get(column));
            differences.push(format!("{what} {key:?}, {column}: stored {is:?}, truly {should:?}"));
        }
    }
    for (key, fields) in stored.iter().filter(|(key, _)| !truth.contains_key(key)) {
        differences.push(format!("{what} {key:?} is stored but not there: {fields:?}"));
    }
}

#[test]
fn every_column_of_the_contract_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("dirsync.db");
    dirsync::store::Store::open(&database).unwrap();
    let db = rusqlite::Connection::open(&database).unwrap();
    for (view, compared, ours) in [
        ("v1_users", OF_PERSON, &["id", "integration", "external_id", "devices", "created_at", "updated_at"][..]),
        ("v1_groups", OF_GROUP, &["id", "integration", "external_id"]),
        ("v1_memberships", OF_MEMBERSHIP, &["integration", "group_external_id", "member_external_id"]),
    ] {
        let statement = db.prepare(&format!("SELECT * FROM {view}")).unwrap();
        let forgotten: Vec<&str> =
            statement.column_names().filter(|column| !compared.contains(column) && !ours.contains(column)).collect();
        assert!(forgotten.is_empty(), "{view}: {forgotten:?}");
    }
}
