//! How long the rules take over everybody's devices, and how long a long list of devices takes to come in.
//!
//! `cargo bench --bench devices` measures 100,000 people, 120,000 devices, 50 rules;
//! `cargo bench --bench devices -- --people 10000 --devices 12000` less.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on stops, and prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use dirsync::model::EvidenceKind;
use dirsync::people::rules::read;
use dirsync::store::{AutoAssign, Store, StoreError};
use rusqlite::{Connection, params};

/// Measures the rules and the import of devices.
#[derive(Parser)]
struct Size {
    #[arg(long, default_value_t = 100_000)]
    people: i64,
    #[arg(long, default_value_t = 120_000)]
    devices: i64,
    #[arg(long, default_value_t = 50)]
    rules: usize,
    /// Leave the database here, to look at
    #[arg(long)]
    keep: Option<std::path::PathBuf>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// The groups there are, of a hundred members each.
const GROUPS: i64 = 5_000;

fn main() {
    let size = Size::parse();
    println!("{} people, {} devices, {} rules", size.people, size.devices, size.rules);
    let temporary = tempfile::tempdir().unwrap();
    let home = size.keep.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(home).unwrap();
    let database = home.join("dirsync.db");
    let mut store = Store::open(&database).unwrap();
    people(&database, &size);
    import(home, &size);
    evidence(&database, &size);
    let rules = rules(&mut store, size.rules);
    println!("  rules that are tried: {rules}");

    let mut pass = |what: &str| {
        let (started, busy) = (Instant::now(), processor());
        let now = "2026-11-24T08:00:00Z".parse().unwrap();
        let given = store.change_devices(now, None, false, |writer| writer.assign_by_rules(&AutoAssign::default()));
        let given = given.unwrap_or_else(|error: StoreError| unreachable(&error)).len();
        let busy = processor().saturating_sub(busy).as_secs_f64();
        line(what, started.elapsed(), &format!("{given} devices given, {busy:.3} s of the processor"));
    };
    pass("first pass");
    pass("second pass");
    Connection::open(&database)
        .unwrap()
        .execute_batch(
            "UPDATE device_evidence SET value = 'p' || (device_id * 31 % 1000) || '@corp.example',
                 value_key = 'p' || (device_id * 31 % 1000) || '@corp.example'
             WHERE kind = 'enrolled_by' AND device_id % 100 = 7",
        )
        .unwrap();
    pass("after 1 % changed");
    let store = Store::open_read_only(&database).unwrap().unwrap();
    let started = Instant::now();
    let found = store.contradictions(&EvidenceKind::ALL).unwrap().len();
    line("contradictions", started.elapsed(), &format!("{found} found"));
    let started = Instant::now();
    store.reasoning(size.devices / 2).unwrap().unwrap();
    line("explain", started.elapsed(), "one device");
}

/// What this thread has had of the processor: on a machine that is shared, the time of the clock says little.
fn processor() -> Duration {
    let told = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0))
}

fn unreachable(error: &StoreError) -> Vec<dirsync::model::Gift> {
    println!("{error}");
    std::process::abort()
}

fn line(what: &str, time: Duration, told: &str) {
    println!("  {what:<24} {:>8.3} s   {told}", time.as_secs_f64());
}

/// People of two directories, a fifth of them with other addresses, and groups.
fn people(database: &Path, size: &Size) {
    let mut db = Connection::open(database).unwrap();
    let transaction = db.transaction().unwrap();
    transaction
        .execute_batch(
            "INSERT INTO integrations (name, name_key, kind, tenant, standing, credentials, interval_seconds, created_at)
             VALUES ('corp', 'corp', 'google', 'C1', 'connected', '{}', 1, '2026-11-01T08:00:00Z'),
                    ('lab', 'lab', 'google', 'C2', 'connected', '{}', 1, '2026-11-01T08:00:00Z')",
        )
        .unwrap();
    {
        let mut user = transaction
            .prepare(
                "INSERT INTO users (integration_id, external_id, status, email, user_name, display_name, department, title,
                     org_unit, aliases, attributes, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z')",
            )
            .unwrap();
        for n in 0..size.people {
            let status = if n % 20 == 19 { "suspended" } else { "active" };
            let aliases =
                if n % 5 == 0 { format!("[\"q{n}@corp.example\",\"r{n}@corp.example\"]") } else { "[]".into() };
            let attributes = format!("{{\"custom_schemas\":{{\"IT\":{{\"serials\":[\"SN{}\"]}}}}}}", n * 3);
            user.execute(params![
                if n % 10 == 9 { 2 } else { 1 },
                format!("{:021}", 100_000_000 + n),
                status,
                format!("P{n}@corp.example"),
                format!("Person {n}"),
                format!("Department {}", n % 40),
                format!("Title {}", n % 200),
                format!("/Staff/Unit {}/Team {}", n % 25, n % 500),
                aliases,
                attributes,
            ])
            .unwrap();
        }
        let mut group = transaction
            .prepare(
                "INSERT INTO groups (integration_id, external_id, name, email, member_count, created_at, updated_at)
                 VALUES (1, ?1, ?2, ?3, 100, '2026-11-01T08:00:00Z', '2026-11-01T08:00:00Z')",
            )
            .unwrap();
        let mut member =
            transaction.prepare("INSERT OR IGNORE INTO memberships VALUES (?1, ?2, 'user', NULL, 'member')").unwrap();
        for g in 0..GROUPS {
            group.execute(params![format!("g{g}"), format!("Group {g}"), format!("g{g}@corp.example")]).unwrap();
            let id = transaction.last_insert_rowid();
            for m in 0..100 {
                let person = 100_000_000 + (g * 100 + m) * 7919 % size.people;
                member.execute(params![id, format!("{person:021}")]).unwrap();
            }
        }
    }
    transaction.commit().unwrap();
}

/// A list of every device, with whoever enrolled it; every fourth with a holder, some of whom are not here.
fn import(home: &Path, size: &Size) {
    let mut list =
        "serial_number,device_name,platform,model,asset_tag,tags,enrolled_by,enrolled_at,last_user,last_user_at,user\n"
            .to_owned();
    for n in 0..size.devices {
        let platform = ["mac", "windows", "ios", "chromeos"][(n % 4) as usize];
        let user = match n % 20 {
            0 | 5 | 10 => format!("p{}@corp.example", n % size.people),
            15 => format!("new{n}@corp.example"),
            _ => String::new(),
        };
        writeln!(
            list,
            "SN{n},Device {n},{platform},Model {},A{n},tag{};all,p{}@corp.example,2026-11-10,p{}@corp.example,2026-11-20,{user}",
            n % 30,
            n % 50,
            n * 7 % size.people,
            n * 11 % size.people,
        )
        .unwrap();
    }
    std::fs::write(home.join("devices.csv"), list).unwrap();
    for what in ["import", "import once more"] {
        let started = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_dirsync"))
            .args(["devices", "import", "devices.csv"])
            .env_clear()
            .env("DIRSYNC_HOME", home)
            .current_dir(home)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        line(what, started.elapsed(), "by the program");
    }
}

/// Owners for half the devices, five sign-ins for every second.
fn evidence(database: &Path, size: &Size) {
    let mut db = Connection::open(database).unwrap();
    let transaction = db.transaction().unwrap();
    transaction
        .execute(
            "INSERT INTO device_evidence (device_id, kind, value, value_key, is_external_id, observed_at, source)
             SELECT id, 'directory_owner', printf('%021d', 100000000 + id * 13 % ?1), printf('%021d', 100000000 + id * 13 % ?1),
                 1, '2026-11-12T08:00:00Z', 'import' FROM devices WHERE id % 2 = 0",
            [size.people],
        )
        .unwrap();
    transaction
        .execute(
            "INSERT OR IGNORE INTO device_logins (device_id, value_key, observed_at, value, source)
             SELECT d.id, 'p' || ((d.id * 17 + (n.value = 5)) % ?1) || '@corp.example',
                 '2026-11-2' || (n.value % 4) || 'T08:0' || n.value || ':00Z',
                 'p' || ((d.id * 17 + (n.value = 5)) % ?1) || '@corp.example', 'manual'
             FROM devices d, json_each('[1,2,3,4,5]') n WHERE d.id % 2 = 1",
            [size.people],
        )
        .unwrap();
    transaction.commit().unwrap();
}

/// Rules of every sort, in front of the built-in ones and behind them, all of which are switched on; says how many.
fn rules(store: &mut Store, number: usize) -> usize {
    let own = number.saturating_sub(6);
    let mut text = String::new();
    for n in 0..own {
        let evidence = ["enrolled_by", "enrolled_by", "directory_owner", "login"][n % 4];
        let conditions = match n % 11 {
            0 | 1 => format!("user = {{ department = \"department {}\" }}", n % 40),
            2 | 3 => format!("user = {{ groups_any = [\"g{n}@corp.example\", \"g{}@corp.example\"] }}", n + 100),
            4 => format!("user = {{ title = [\"Title {n}\", \"title {}\"] }}", n + 1),
            5 => format!("user = {{ org_unit = \"/staff/unit {}\" }}", n % 25),
            6 => format!("device = {{ tag = \"tag{n}\" }}"),
            7 => "device = { platform = [\"mac\", \"ios\"], serial_prefix = \"SN9\" }".to_owned(),
            8 => format!("device = {{ model = \"Model {}\" }}\nuser = {{ exclude = [\"svc-*\", \"p1*\"] }}", n % 30),
            9 => "user = { integration = \"lab\" }".to_owned(),
            _ => "device = { serial_prefix = \"SN99\" }\nuser = { exclude = [\"svc-*\"] }".to_owned(),
        };
        let ids = if evidence == "directory_owner" { "\"external_id\", " } else { "" };
        let priority = 21 + n;
        writeln!(
            text,
            "[[rule]]\nname = \"rule {n}\"\npriority = {priority}\nevidence = \"{evidence}\"\n\
             match = [{ids}\"email\", \"upn\", \"alias\"]\n{conditions}\n"
        )
        .unwrap();
    }
    let own = read(&text).unwrap();
    let lab = store.integration("lab").unwrap().unwrap().id;
    store
        .change_rules("2026-11-24T08:00:00Z".parse().unwrap(), |writer| {
            for rule in &own {
                writer.put(rule, rule.user.integration.as_ref().map(|_| lab))?;
            }
            for mut rule in writer.rules()? {
                if rule.built_in {
                    rule.enabled = true;
                    if rule.name == "serial-attribute" {
                        rule.attribute = Some("IT.serials".into());
                    }
                    writer.put(&rule, None)?;
                }
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    store.rules().unwrap().iter().filter(|rule| rule.decides()).count()
}
