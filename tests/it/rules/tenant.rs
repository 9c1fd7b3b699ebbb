//! Small organisations made by chance: few names, so that they meet, and what is stored of them.

use dirsync::model::{DeviceConditions, EvidenceKind, MatchField, OnConflict, PersonConditions, Rule};
use dirsync::store::Store;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rusqlite::{Connection, params};

pub(super) const STATUSES: [&str; 6] = ["active", "active", "active", "suspended", "out_of_scope", "removed"];
const NAMES: [&str; 5] = ["ada", "Bob", "cyd", "svc-x", "ädy"];
pub(super) const KINDS: [&str; 4] = ["expected_user", "enrolled_by", "directory_owner", "last_user"];
const DEPARTMENTS: [&str; 4] = ["Sales", "sales", "BÜRO", "Büro"];
const UNITS: [&str; 4] = ["/Eng", "/eng/Platform", "/Engine", "/"];
const PLATFORMS: [&str; 3] = ["mac", "Mac", "windows"];

/// The attribute that holds serial numbers.
pub(super) const ATTRIBUTE: &str = "IT.serials";

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) integration: i64,
    pub(super) status: &'static str,
    pub(super) email: Option<String>,
    pub(super) user_name: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) department: Option<&'static str>,
    pub(super) org_unit: Option<&'static str>,
    /// Serial numbers that stand in their attributes.
    pub(super) serials: Vec<usize>,
    /// The day on which those came to stand there, if not from the first.
    pub(super) serials_came: Option<u8>,
    /// Groups they are a direct member of.
    pub(super) groups: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) person: usize,
    pub(super) source: &'static str,
    pub(super) rank: i64,
    pub(super) pinned: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Telling {
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) by_id: bool,
    pub(super) integration: Option<i64>,
    pub(super) day: u8,
    pub(super) waiting: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) platform: Option<&'static str>,
    pub(super) tags: Vec<&'static str>,
    pub(super) shared: bool,
    pub(super) holder: Option<Held>,
    /// When it was taken from somebody by hand, and from whom.
    pub(super) taken: Option<(u8, usize)>,
    /// At most one of a kind.
    pub(super) told: Vec<Telling>,
    pub(super) logins: Vec<(String, u8)>,
}

#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub(super) people: Vec<Person>,
    pub(super) devices: Vec<Device>,
    /// How many of the devices are not only there to be many.
    pub(super) single: usize,
    pub(super) rules: Vec<Rule>,
}

fn address() -> impl Strategy<Value = String> {
    (0..NAMES.len(), any::<bool>()).prop_map(|(name, loud)| {
        let name = format!("{}@x.test", NAMES[name]);
        if loud { name.to_ascii_uppercase() } else { name }
    })
}

fn person() -> impl Strategy<Value = Person> {
    (
        (1i64..=2, prop::sample::select(&STATUSES)),
        (option::of(address()), option::of(address()), option::weighted(0.3, address())),
        option::of(prop::sample::select(&DEPARTMENTS)),
        option::of(prop::sample::select(&UNITS)),
        (vec(0usize..6, 0..2), option::of(1u8..6)),
        prop::collection::btree_set(0usize..3, 0..2),
    )
        .prop_map(
            |(
                (integration, status),
                (email, user_name, alias),
                department,
                org_unit,
                (serials, serials_came),
                groups,
            )| {
                Person {
                    integration,
                    status,
                    email,
                    user_name,
                    alias,
                    department,
                    org_unit,
                    serials,
                    serials_came,
                    groups: groups.into_iter().collect(),
                }
            },
        )
}

fn held(people: usize) -> impl Strategy<Value = Held> {
    let how = prop::sample::select(&[
        ("manual", 10i64),
        ("import", 20),
        ("rule:r0", 30),
        ("rule:enrolment", 30),
        ("rule:x", 65),
    ]);
    (0..people, how, prop::bool::weighted(0.2)).prop_map(|(person, (source, rank), pinned)| Held {
        person,
        source,
        rank,
        pinned,
    })
}

fn telling(kind: &'static str, people: usize) -> impl Strategy<Value = Option<Telling>> {
    let value = prop_oneof![4 => address().prop_map(|it| (it, false)), 1 => (0..people).prop_map(|it| (format!("x{it}"), true))];
    let waits = prop::bool::weighted(if kind == "expected_user" { 0.6 } else { 0.0 });
    option::weighted(0.6, (value, option::weighted(0.2, 1i64..=2), 1u8..6, waits)).prop_map(move |it| {
        it.map(|((value, by_id), integration, day, waiting)| Telling { kind, value, by_id, integration, day, waiting })
    })
}

fn device(people: usize) -> impl Strategy<Value = Device> {
    (
        option::of(prop::sample::select(&PLATFORMS)),
        prop::sample::subsequence(&["loan", "Loan", "sales"][..], 0..=2),
        prop::bool::weighted(0.1),
        option::of(held(people)),
        option::weighted(0.3, (1u8..6, 0..people)),
        KINDS.map(|kind| telling(kind, people)),
        vec((address(), 1u8..6), 0..6),
    )
        .prop_map(|(platform, tags, shared, holder, taken, told, logins)| Device {
            platform,
            tags,
            shared,
            holder,
            taken,
            told: told.into_iter().flatten().collect(),
            logins,
        })
}

fn rule(number: usize) -> impl Strategy<Value = Rule> {
    let evidence = prop::sample::select(EvidenceKind::ALL.to_vec());
    let text = |values: &'static [&'static str]| option::weighted(0.3, prop::sample::select(values));
    let device = (text(&["MAC", "Windows"]), text(&["LOAN", "sales"]), text(&["s0", "S"]));
    let user = (
        option::weighted(0.3, 1i64..=2),
        text(&["g0@x.test", "Group 1", "g2"]),
        text(&["SALES", "büro"]),
        text(&["/ENG", "/eng/", "/"]),
        text(&["SVC-*", "a*"]),
    );
    let conflict = prop::sample::select(&[
        OnConflict::OnlyUnassigned,
        OnConflict::ReplaceLowerRank,
        OnConflict::ReplaceLowerRank,
        OnConflict::ReplaceIfHolderInactive,
    ]);
    let matches = prop::sample::subsequence(MatchField::ALL.to_vec(), 1..=4).prop_shuffle();
    (evidence, 11i64..80, prop::bool::weighted(0.9), matches, device, user, conflict).prop_map(
        move |(evidence, priority, enabled, matches, (platform, tag, prefix), user, on_conflict)| {
            let many = |value: Option<&'static str>| value.map(str::to_owned).into_iter().collect::<Vec<_>>();
            let (integration, group, department, unit, exclude) = user;
            let by_attribute = evidence == EvidenceKind::UserAttrSerial;
            Rule {
                name: format!("r{number}"),
                priority,
                enabled,
                evidence,
                matches: if by_attribute { Vec::new() } else { matches },
                attribute: by_attribute.then(|| ATTRIBUTE.to_owned()),
                on_conflict,
                device: DeviceConditions {
                    platform: many(platform),
                    tag: many(tag),
                    serial_prefix: many(prefix),
                    ..DeviceConditions::default()
                },
                user: PersonConditions {
                    integration: integration.map(|it| format!("dir{it}")),
                    groups_any: many(group),
                    department: many(department),
                    org_unit: many(unit),
                    exclude: many(exclude),
                    ..PersonConditions::default()
                },
                built_in: false,
                of_deleted: false,
            }
        },
    )
}

/// Half of them have many more devices like the first one: a pass goes other ways where most devices are decided, and where
/// a rule is for few of many.
pub(super) fn tenant() -> impl Strategy<Value = Tenant> {
    (vec(person(), 1..6), 0usize..5, prop::sample::select(&[0usize, 40])).prop_flat_map(|(people, rules, more)| {
        let devices = vec(device(people.len()), 1..6);
        let rules = (0..rules).map(rule).collect::<Vec<_>>();
        (Just(people), devices, rules).prop_map(move |(people, mut devices, rules)| {
            let (single, first) = (devices.len(), devices[0].clone());
            devices.extend(std::iter::repeat_n(first, more));
            Tenant { people, devices, single, rules }
        })
    })
}

pub(super) fn day(day: u8) -> String {
    format!("2026-11-{day:02}T08:00:00Z")
}

/// Stores a tenant. With `backwards`, everything comes in the opposite order and has other ids.
pub(super) fn stored(tenant: &Tenant, home: &std::path::Path, backwards: bool) -> Store {
    let path = home.join(if backwards { "backwards.db" } else { "forwards.db" });
    let mut store = Store::open(&path).unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "BEGIN;
         INSERT INTO integrations (id, name, name_key, kind, tenant, standing, credentials, interval_seconds, created_at)
         VALUES (1, 'dir1', 'dir1', 'google', 'C1', 'connected', '{}', 1, ''), (2, 'dir2', 'dir2', 'google', 'C2', 'connected', '{}', 1, '');
         INSERT INTO groups (id, integration_id, external_id, name, email, member_count, created_at, updated_at)
         SELECT i.id * 10 + n.value, i.id, 'g' || n.value, 'Group ' || n.value, 'G' || n.value || '@x.test', 1, '', ''
         FROM integrations i, json_each('[0,1,2]') n;
         INSERT INTO memberships (group_id, member_external_id, kind) VALUES (10, 'g1', 'group'), (11, 'g0', 'group');",
    )
    .unwrap();
    let count = tenant.people.len();
    let id = |index: usize| if backwards { (count - index) as i64 } else { index as i64 + 1 };
    let order =
        |count: usize| -> Vec<usize> { if backwards { (0..count).rev().collect() } else { (0..count).collect() } };
    for index in order(count) {
        let person = &tenant.people[index];
        let serials: Vec<String> = person.serials.iter().map(|it| format!("s{it}")).collect();
        let attributes = serde_json::json!({"custom_schemas": {"IT": {"serials": serials}}}).to_string();
        let aliases = serde_json::to_string(&person.alias.iter().collect::<Vec<_>>()).unwrap();
        db.execute(
            "INSERT INTO users (id, integration_id, external_id, status, email, user_name, department, org_unit, aliases,
                 attributes, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '2026-10-01T08:00:00Z', ?11)",
            params![id(index), person.integration, format!("x{index}"), person.status, person.email, person.user_name,
                person.department, person.org_unit, aliases, attributes, day(3)],
        )
        .unwrap();
        if let Some(came) = person.serials_came {
            // Something else of the record changed later, which dates nothing.
            db.execute(
                "INSERT INTO changes (integration_id, at, subject, subject_id, external_id, kind, field, before, after)
                 VALUES (?1, ?2, 'user', ?3, '', 'changed', 'attributes', '{\"custom_schemas\":{\"IT\":{\"serials\":[\"s9\"]}}}', ?4),
                        (?1, ?5, 'user', ?3, '', 'changed', 'attributes', ?4, ?4),
                        (?1, ?5, 'user', ?3, '', 'changed', 'title', NULL, 'x')",
                params![person.integration, day(came), id(index), attributes, day(7)],
            )
            .unwrap();
        }
        for group in &person.groups {
            let group = person.integration * 10 + *group as i64;
            db.execute(
                "INSERT INTO memberships (group_id, member_external_id, kind) VALUES (?1, ?2, 'user')",
                params![group, format!("x{index}")],
            )
            .unwrap();
        }
    }
    for index in order(tenant.devices.len()) {
        let device = &tenant.devices[index];
        let tags = serde_json::to_string(&device.tags).unwrap();
        db.execute(
            "INSERT INTO devices (serial, platform, tags, shared) VALUES (?1, ?2, ?3, ?4)",
            params![format!("s{index}"), device.platform, tags, device.shared],
        )
        .unwrap();
        let number = db.last_insert_rowid();
        if let Some((at, from)) = device.taken {
            db.execute("INSERT INTO assignments (device_id, user_id, started_at, ended_at, end_source) VALUES (?1, ?2, ?3, ?4, 'manual')",
                params![number, id(from), day(1), day(at)]).unwrap();
        }
        if let Some(held) = &device.holder {
            db.execute("INSERT INTO assignments (device_id, user_id, started_at, source, rank, pinned) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![number, id(held.person), day(1), held.source, held.rank, held.pinned]).unwrap();
        }
        for place in order(device.told.len()) {
            let told = &device.told[place];
            db.execute(
                "INSERT INTO device_evidence (device_id, kind, value, value_key, is_external_id, integration_id, observed_at, source, waiting)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'import', ?8)",
                params![number, told.kind, told.value, told.value.to_ascii_lowercase(), told.by_id, told.integration, day(told.day), told.waiting],
            )
            .unwrap();
        }
        for place in order(device.logins.len()) {
            let (value, at) = &device.logins[place];
            // Each at a minute of its own, so that none is the same as another.
            let at = day(*at).replace("08:00", &format!("09:{place:02}"));
            db.execute("INSERT INTO device_logins (device_id, value_key, observed_at, value, source) VALUES (?1, ?2, ?3, ?4, 'manual')",
                params![number, value.to_ascii_lowercase(), at, value]).unwrap();
        }
    }
    db.execute_batch("COMMIT").unwrap();
    let named = |name: &str| store_id(name);
    store
        .change_rules("2026-11-24T08:00:00Z".parse().unwrap(), |writer| {
            for place in order(tenant.rules.len()) {
                let rule = &tenant.rules[place];
                writer.put(rule, rule.user.integration.as_deref().map(named))?;
            }
            Ok::<_, dirsync::store::StoreError>(())
        })
        .unwrap();
    store
}

fn store_id(name: &str) -> dirsync::model::IntegrationId {
    dirsync::model::IntegrationId(name.trim_start_matches("dir").parse().unwrap())
}
