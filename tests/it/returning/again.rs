//! The same directory, deleted and added again: the same people with the same devices. And what `--adopt-from` refuses.

use dirsync::sandbox::{Fault, Rule};
use serde_json::{Value, json};

use crate::google::company::Company;
use crate::program::assert_refused;
use crate::world::Outcome;

/// Internal ids, ids in the directory, devices and since when they are held.
fn holdings(company: &Company) -> Vec<String> {
    company.world.column(
        "SELECT u.id || ' ' || u.external_id || ' ' || group_concat(d.serial || ' ' || a.started_at)
         FROM assignments a JOIN users u ON u.id = a.user_id JOIN devices d ON d.id = a.device_id
         WHERE a.ended_at IS NULL GROUP BY u.id ORDER BY u.id",
    )
}

fn ids(company: &Company) -> Vec<String> {
    company.world.column("SELECT id || ' ' || external_id FROM users ORDER BY id")
}

/// Gives three devices to two people; returns these.
fn devices(company: &Company) -> Vec<Value> {
    let users = company.json(&["users", "--status", "active", "--limit", "2"]);
    let users = users.as_array().unwrap().clone();
    for (serial, user) in [("S1", &users[0]), ("S2", &users[0]), ("S3", &users[1])] {
        succeeds(company, &["devices", "add", serial]);
        succeeds(company, &["devices", "assign", serial, &user["id"].to_string()]);
    }
    users
}

fn succeeds(company: &Company, arguments: &[&str]) -> Outcome {
    let outcome = company.world.run(arguments);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    outcome
}

#[test]
fn the_same_directory_takes_its_people_back_with_their_devices() {
    let company = Company::connected();
    let users = devices(&company);
    let (ids_before, held, contents) = (ids(&company), holdings(&company), company.contents());
    succeeds(&company, &["delete", "corp", "--confirm", "corp"]);
    assert_eq!(company.json(&["conflicts"]), json!([]), "nobody is there to be meant");
    assert_eq!(holdings(&company), held);

    let (key, admin) = (company.key_file(), company.sandbox.admin_email());
    let add = ["add", "google", "--name", "again", "--service-account", key.to_str().unwrap(), "--admin", &admin];
    let added = succeeds(&company, &[&add[..], &["--adopt-from", "corp"]].concat());
    let number = contents.iter().filter(|line| line.contains("\"active\"") || line.contains("\"suspended\"")).count();
    for words in [
        "again: it is 'corp' itself that is back; --adopt-from was not needed",
        "again: 2 people are kept with 3 devices, ",
        &format!("again: {number} people, {number} of them taken back with 3 devices\n"),
    ] {
        assert!(added.stderr.contains(words), "{words}: {added}");
    }
    assert_eq!((ids(&company), holdings(&company), company.contents()), (ids_before, held, contents));
    assert_eq!(company.json(&["conflicts"]), json!([]));
    let history = company.json(&["users", "history", &users[0]["id"].to_string()]);
    let status = |change: &&Value| change["field"] == "status";
    let told: Vec<&Value> = history.as_array().unwrap().iter().filter(status).map(|change| &change["kind"]).collect();
    assert_eq!(told, ["retained", "returned"]);
}

#[test]
fn a_sync_says_who_is_back_and_with_what() {
    let company = Company::connected();
    let users = devices(&company);
    // One of the two leaves: in the directory's own words, and back.
    succeeds(&company, &["delete", "corp", "--confirm", "corp"]);
    let (key, admin) = (company.key_file(), company.sandbox.admin_email());
    let key = key.to_str().unwrap();
    let added = succeeds(
        &company,
        &["add", "google", "--name", "corp", "--service-account", key, "--admin", &admin, "--no-sync"],
    );
    assert!(added.stderr.contains("2 people are kept with 3 devices"), "{added}");
    assert!(!added.stderr.contains("taken back with"), "nothing was read yet: {added}");
    assert_eq!(company.json(&["users", "show", &users[0]["id"].to_string()])["status"], "retained");
    let synced = succeeds(&company, &["sync", "corp", "-v"]);
    let line = synced.stderr.lines().find(|line| line.contains("returned")).unwrap_or_default();
    assert!(line.contains(" with 3 devices: "), "{synced}");
}

#[test]
fn what_cannot_be_taken_over_is_refused_and_nothing_is_stored() {
    let company = Company::connected();
    devices(&company);
    let (key, admin) = (company.key_file(), company.sandbox.admin_email());
    let key = key.to_str().unwrap();
    succeeds(&company, &["delete", "corp", "--confirm", "corp"]);
    let google = ["add", "google", "--name", "other", "--service-account", key, "--admin", &admin, "--adopt-from"];
    let stored =
        || (company.world.column("SELECT id || name || coalesce(deleted_at, '') FROM integrations"), ids(&company));
    let before = stored();

    company.sandbox.inject(Rule::new("*", Fault::OtherCustomer { customer_id: "C0second".to_owned() }));
    let other = company.world.run(&[&google[..], &["corp"]].concat());
    assert_refused(&other, 2, &["another organisation of the same kind", "nothing was stored"]);
    company.sandbox.clear_faults();
    let secret = company.file("secret.txt", "secret");
    let entra = ["add", "entra", "--name", "hq", "--tenant", "contoso.com", "--client-id", "x", "--client-secret-file"];
    let foreign = company.world.run(&[&entra[..], &[secret.to_str().unwrap(), "--adopt-from", "corp"]].concat());
    assert_refused(&foreign, 2, &["mean nothing to entra", "dirsync conflicts"]);
    let scim = |from: &str| company.world.run(&["add", "scim", "--name", "okta", "--adopt-from", from]);
    assert_refused(&scim("nobody"), 6, &["there is no deleted integration 'nobody'", "corp (#1, google)"]);
    assert_eq!(stored(), before);

    // Two deleted ones of one name; a number chooses.
    company.world.sql(
        "INSERT INTO integrations (name, name_key, kind, tenant, standing, credentials, interval_seconds, created_at,
             deleted_at)
         VALUES ('Corp', 'corp', 'entra', 't1', 'connected', '{}', 0, '2026-01-01T08:00:00Z', '2026-02-01T08:00:00Z')",
    );
    assert_refused(&scim("corp"), 6, &["2 deleted integrations", "#1  google", "#2  entra  t1  deleted 2026-02-01"]);
    let added = scim("#1");
    assert_eq!(added.code, Some(0), "{added}");
    assert!(added.stderr.contains("okta: 2 people are kept with 3 devices, "), "{added}");
    assert!(added.stderr.contains("whoever is pushed is taken back"), "{added}");
    let moved = "SELECT count(*) FROM users u JOIN integrations i ON i.id = u.integration_id WHERE i.name = 'okta'";
    assert_eq!(
        company.world.column(&moved.replace("count(*)", "CAST(count(*) AS TEXT)")),
        [before.1.len().to_string()]
    );
    assert_eq!(company.world.count("scim_users WHERE deleted_at IS NOT NULL"), before.1.len() as i64);
}

#[test]
fn a_directory_that_pushes_comes_back_under_another_name_with_its_address() {
    let world = crate::world::World::new();
    let first = world.add_scim("okta", &[]);
    assert_eq!(world.run(&["delete", "okta", "--confirm", "okta"]).code, Some(0));
    assert_eq!(world.add_scim("new", &["--adopt-from", "okta"]).path, first.path);
}
