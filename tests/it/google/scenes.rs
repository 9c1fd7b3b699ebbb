//! The commands that are killed: what stands before each, and what may stand after it.

use dirsync::sandbox::{Fault, Rule};

use super::company::Company;
use super::crashes::Scene;

pub(super) fn first_sync() -> Scene {
    let company = Company::new();
    let (admin, key) = (company.sandbox.admin_email(), company.key_file());
    let key = key.to_str().unwrap();
    let connected = ["add", "google", "--name", "corp", "--service-account", key, "--admin", &admin, "--no-sync"];
    let added = company.world.run(&connected);
    assert_eq!(added.code, Some(0), "{added}");
    Scene::new(company, &["sync", "corp"])
}

pub(super) fn later_sync() -> Scene {
    let company = Company::connected();
    company.sandbox.play_day();
    Scene::new(company, &["sync", "corp"])
}

pub(super) fn approval() -> Scene {
    let company = Company::connected();
    company.sandbox.vanish(40, true);
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(5));
    let plan = company.json(&["plans"])[0]["id"].to_string();
    Scene::new(company, &["plans", "approve", &plan])
}

pub(super) fn deletion() -> Scene {
    Scene::new(holding(Company::connected()), &["delete", "corp", "--confirm", "corp"])
}

/// Somebody who is still in the directory, so that the next sync has them back.
pub(super) fn forgetting() -> Scene {
    let company = Company::connected();
    company.world.sql("");
    Scene::new(company, &["users", "forget", "3", "--confirm", "3"])
}

/// A list of devices, every other one somebody's.
fn list_of_devices(company: &Company) -> String {
    let people = company.json(&["users"]);
    let people: Vec<&str> = people.as_array().unwrap().iter().filter_map(|it| it["email"].as_str()).collect();
    let row = |n: usize| match n % 2 {
        0 => format!("SN{n},Laptop {n},{}\n", people[n / 2 % people.len()]),
        _ => format!("SN{n},Laptop {n},\n"),
    };
    std::iter::once("serial_number,device_name,user\n".to_owned()).chain((0..2000).map(row)).collect()
}

/// Some of its people hold devices.
fn holding(company: Company) -> Company {
    let list = list_of_devices(&company);
    let some: Vec<&str> = list.lines().take(60).collect();
    std::fs::write(company.world.home().join("list.csv"), some.join("\n")).unwrap();
    let imported = company.world.run(&["devices", "import", "list.csv"]);
    assert_eq!(imported.code, Some(0), "{imported}");
    company
}

pub(super) fn import_of_devices() -> Scene {
    let company = Company::connected();
    std::fs::write(company.world.home().join("list.csv"), list_of_devices(&company)).unwrap();
    Scene::new(company, &["devices", "import", "list.csv"])
}

/// Its people come back with the first sync, a step of its own.
pub(super) fn return_of_a_directory() -> Scene {
    let company = holding(Company::connected());
    let deleted = company.world.run(&["delete", "corp", "--confirm", "corp"]);
    assert_eq!(deleted.code, Some(0), "{deleted}");
    let (admin, key) = (company.sandbox.admin_email(), company.key_file());
    let key = key.to_str().unwrap();
    let connect = ["add", "google", "--name", "corp", "--service-account", key, "--admin", &admin];
    let scene = Scene::new(company, &connect);
    scene.or_as_after(&[&connect[..], &["--no-sync"]].concat())
}

/// From a sign-in that has died to one that works.
pub(super) fn new_sign_in() -> Scene {
    let company = Company::new();
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    company.sandbox.inject(Rule::new("token", Fault::InvalidGrant { subtype: None }));
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(4));
    company.sandbox.clear_faults();
    let (admin, key) = (company.sandbox.admin_email(), company.key_file());
    Scene::new(company, &["reauth", "corp", "--service-account", key.to_str().unwrap(), "--admin", &admin])
}

/// With a grant to give back, which is gone by the second time.
pub(super) fn deletion_of_a_sign_in() -> Scene {
    let company = Company::new();
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    Scene::new(company, &["delete", "corp", "--confirm", "corp"])
}

pub(super) fn connection() -> Scene {
    let company = Company::new();
    company.world.sql("");
    let (admin, key) = (company.sandbox.admin_email(), company.key_file());
    let key = key.to_str().unwrap();
    let connect = ["add", "google", "--name", "corp", "--service-account", key, "--admin", &admin, "--no-sync"];
    Scene::new(company, &connect)
}

/// With its first sync, which is a step of its own: connected but not yet read is a state of this command.
pub(super) fn connection_and_first_sync() -> Scene {
    let company = Company::new();
    company.world.sql("");
    let (admin, key) = (company.sandbox.admin_email(), company.key_file());
    let key = key.to_str().unwrap();
    let connect = ["add", "google", "--name", "corp", "--service-account", key, "--admin", &admin];
    let scene = Scene::new(company, &connect);
    scene.or_as_after(&[&connect[..], &["--no-sync"]].concat())
}

/// From a sign-in that has died to a new one of the same administrator's.
pub(super) fn new_sign_in_by_browser() -> Scene {
    let company = Company::new();
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    company.sandbox.inject(Rule::new("token", Fault::InvalidGrant { subtype: None }));
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(4));
    company.sandbox.clear_faults();
    Scene::new(company, &["reauth", "corp", "--no-browser"]).with_browser()
}

/// People of a directory that pushed and was deleted, two of them with devices, are taken over by their ids.
pub(super) fn connection_that_adopts() -> Scene {
    let company = Company::connected();
    assert_eq!(company.world.run(&["delete", "corp", "--confirm", "corp"]).code, Some(0));
    company.world.sql(
        "UPDATE integrations SET name = 'okta', name_key = 'okta', kind = 'scim', tenant = 'slug';
         INSERT INTO scim_users (user_id, integration_id, scim_id, user_name_key, external_id, document, version,
             created_at, modified_at, deleted_at)
         SELECT id, integration_id, 'scim-' || id, id, external_id, '', 1, created_at, updated_at, updated_at FROM users;
         UPDATE users SET external_id = 'scim-' || id, status = CASE WHEN id < 3 THEN 'retained' ELSE status END;
         INSERT INTO devices (id, serial) VALUES (1, 'S1'), (2, 'S2');
         INSERT INTO assignments (device_id, user_id, started_at)
         VALUES (1, 1, '2026-11-01T08:00:00Z'), (2, 2, '2026-11-01T08:00:00Z');",
    );
    let (admin, key) = (company.sandbox.admin_email(), company.key_file());
    let key = key.to_str().unwrap();
    let connect = ["add", "google", "--name", "corp", "--service-account", key, "--admin", &admin, "--no-sync"];
    Scene::new(company, &[&connect[..], &["--adopt-from", "okta"]].concat())
}

/// All of them.
pub(super) const SCENES: [fn() -> Scene; 13] = [
    first_sync,
    later_sync,
    approval,
    deletion,
    deletion_of_a_sign_in,
    forgetting,
    new_sign_in,
    connection,
    connection_and_first_sync,
    connection_that_adopts,
    new_sign_in_by_browser,
    import_of_devices,
    return_of_a_directory,
];
