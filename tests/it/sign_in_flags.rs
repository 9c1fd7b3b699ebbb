//! Which flags go with which kind of directory, and with each other; all before anything is opened or asked.

use serde_json::json;

use crate::world::World;

const APP: &str = "cccccccc-1111-2222-3333-444444444444";
const TID: &str = "aaaaaaaa-1111-2222-3333-444444444444";

/// With `corp` at Google and `hq` at Entra, the latter signed in to as told.
fn world(method: &str) -> World {
    let world = World::filled();
    let credentials = json!({
        "method": method, "client_id": APP, "tenant": TID, "cloud": "usgov", "account": "ada@hq.example",
        "scopes": ["openid", "User.Read", "User.Read.All", "GroupMember.Read.All"]
    });
    world.sql(&format!(
        "INSERT INTO integrations (name, name_key, kind, tenant, tenant_label, tenant_domain, standing, admin_email,
             credentials, interval_seconds, created_at)
         VALUES ('hq', 'hq', 'entra', '{TID}', 'Headquarters', 'hq.example', 'connected', 'ada@hq.example',
             '{credentials}', 14400, '2026-11-24T07:00:00Z')"
    ));
    world
}

fn refused(world: &World, arguments: &[&str], words: &[&str]) {
    let outcome = world.run(arguments);
    assert_eq!(outcome.code, Some(2), "{outcome}");
    for word in words {
        assert!(outcome.stderr.contains(word), "'{word}' is missing: {outcome}");
    }
}

#[test]
fn each_kind_takes_its_own_flags_only() {
    let world = World::new();
    refused(&world, &["add", "google", "--name", "x", "--client-id", APP], &["unexpected argument '--client-id'"]);
    refused(&world, &["add", "entra", "--name", "x", "--admin", "a@b.example"], &["unexpected argument '--admin'"]);
    let (google, entra) = (world.run(&["add", "google", "--help"]), world.run(&["add", "entra", "--help"]));
    assert!(google.stdout.contains("--client-secrets") && !google.stdout.contains("--certificate"), "{google}");
    assert!(entra.stdout.contains("--certificate") && !entra.stdout.contains("--service-account"), "{entra}");
    for both in ["--no-browser", "--port", "--name", "--key-store"] {
        assert!(google.stdout.contains(both) && entra.stdout.contains(both), "{both}");
    }
}

#[test]
fn what_is_missing_or_contradicts_is_wrong_usage() {
    let world = World::new();
    let add = |more: &[&'static str]| [&["add", "entra", "--name", "hq"][..], more].concat();
    refused(&world, &add(&[]), &["--client-id ID", "--device-code", "--certificate PEM", "--client-secret-file FILE"]);
    refused(&world, &add(&["--device-code"]), &["give --client-id"]);
    refused(&world, &add(&["--certificate", "app.pem", "--client-id", APP]), &["give --tenant"]);
    refused(&world, &add(&["--client-id", APP, "--cloud", "germany"]), &["usgov-dod"]);
    refused(&world, &add(&["--client-id", APP, "--tenant", "common"]), &["'common' is no organisation"]);
    let two = ["--client-id", APP, "--tenant", TID, "--certificate", "a.pem", "--client-secret-file", "b"];
    refused(&world, &add(&two), &["two ways of signing in"]);
    refused(&world, &["add"], &["'dirsync add google', 'dirsync add entra'"]);
    assert!(!world.home().join("dirsync.key").exists(), "no key is made for that");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_what_is_missing_is_asked_for_and_remembered() {
    use expectrl::{Eof, Expect, Session};
    let mut world = World::in_real_time();
    world.set("DIRSYNC_KEY_STORE", "file").set("TERM", "xterm").set("NO_COLOR", "1");
    let mut command = world.command(&["add", "entra", "--name", "hq"]);
    command.stdin(std::process::Stdio::inherit());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(20)));
    for (shown, typed) in [
        ("How do you want to sign in?", "\r"),
        ("Application (client) ID of your app registration", &format!("{APP}\r")),
        ("Remember it as client_id in", "y\r"),
        ("https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?", "\u{3}"),
    ] {
        session.expect(shown).unwrap_or_else(|error| panic!("{shown}: {error}"));
        session.send(typed).unwrap();
    }
    session.expect(Eof).unwrap();
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    assert_eq!(config, format!("client_id = \"{APP}\"\n"), "an id is no path");
}

#[test]
fn what_is_set_gives_way_to_what_is_typed() {
    let mut world = World::new();
    world.set("DIRSYNC_CLIENT_ID", APP).set("DIRSYNC_TENANT", TID).set("DIRSYNC_CERTIFICATE", "/nowhere/a.pem");
    world.set("DIRSYNC_KEY_STORE", "file");
    let set = world.run(&["add", "entra", "--name", "hq"]);
    assert_eq!(set.code, Some(1), "{set}");
    assert!(set.stderr.contains("/nowhere/a.pem does not exist") && set.stderr.contains("openssl"), "{set}");
    let typed = world.run(&["add", "entra", "--name", "hq", "--client-secret-file", "/nowhere/secret"]);
    assert!(typed.stderr.contains("/nowhere/secret does not exist"), "{typed}");
    // A setting that lingers is no wish of whoever signs in again.
    assert_eq!(world.run(&["list", "-o", "json"]).json(), json!([]));
}

#[test]
fn signing_in_again_refuses_another_kinds_flags_and_another_organisation() {
    let world = world("browser");
    refused(
        &world,
        &["reauth", "corp", "--certificate", "a.pem"],
        &["--certificate is for Microsoft Entra ID", "Google"],
    );
    refused(&world, &["reauth", "hq", "--client-secrets", "a.json"], &["--client-secrets is for Google", "Entra"]);
    refused(&world, &["reauth", "hq", "--admin", "a@b.example"], &["--admin is for Google"]);
    refused(&world, &["reauth", "hq", "--tenant", APP], &["stays the same", "leave --tenant away"]);
    refused(&world, &["reauth", "hq", "--cloud", "china"], &["in the cloud 'usgov'"]);
    refused(&world, &["reauth", "hq", "--device-code", "--certificate", "a.pem"], &["two ways"]);
}

#[test]
fn an_administrator_to_act_for_needs_a_service_account() {
    let mut world = World::filled();
    world.sql(r#"UPDATE integrations SET credentials = '{"method":"account","client_id":"1-a","scopes":[]}' WHERE name = 'corp'"#);
    let words = ["--admin is for a service account", "--service-account KEY"];
    let add = ["add", "google", "--name", "x", "--client-secrets", "client.json"];
    refused(&world, &[&add[..], &["--admin", "a@b.example"]].concat(), &words);
    refused(&world, &["reauth", "corp", "--admin", "a@b.example"], &words);
    // One that is always set for service accounts hinders nobody who signs in by browser.
    world.set("DIRSYNC_ADMIN", "a@b.example").set("DIRSYNC_KEY_STORE", "file");
    let goes_on = world.run(&add);
    assert!(goes_on.stderr.contains("client.json does not exist"), "{goes_on}");
}

#[test]
fn details_tell_organisation_cloud_and_permissions() {
    let details = world("device_code").run(&["details", "hq", "-o", "json"]).json();
    for (key, value) in [
        ("tenant", json!(TID)),
        ("tenant_name", json!("Headquarters")),
        ("tenant_domain", json!("hq.example")),
        ("cloud", json!("usgov")),
        ("admin_email", json!("ada@hq.example")),
        ("method", json!("device_code")),
        ("client", json!(APP)),
        ("scopes_granted", json!(["openid", "User.Read", "User.Read.All", "GroupMember.Read.All"])),
        ("scopes_needed", json!(["User.Read.All", "GroupMember.Read.All", "User.Read"])),
    ] {
        assert_eq!(details[key], value, "{key}");
    }
    let unattended = world("certificate").run(&["details", "hq", "-o", "json"]).json();
    assert_eq!(unattended["scopes_needed"], json!(["User.Read.All", "GroupMember.Read.All"]));
    let google = world("browser").run(&["details", "corp", "-o", "json"]).json();
    assert_eq!(google["cloud"], json!(null));
}
