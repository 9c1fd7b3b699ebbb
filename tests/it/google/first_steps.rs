//! The main job, once through: connect, look, a day passes, sync, look again.

use super::company::Company;

#[test]
fn a_directory_is_connected_read_and_kept_true() {
    let company = Company::new();
    let added = company.add_by_browser();
    assert_eq!(added.code, Some(0), "{added}");
    let listed = &company.json(&["list"])[0];
    assert_eq!(listed["status"], "connected");
    assert_eq!(listed["last_sync_outcome"], "done");
    let people = company.sandbox.truth()["users"].as_array().unwrap().len();
    assert_eq!(listed["users"], people);

    let day = company.sandbox.play_day();
    let synced = company.json(&["sync", "corp", "--max-removals", "100%"]);
    assert_eq!(synced[0]["outcome"], "done");
    let changes = company.json(&["changes", "--subject", "user", "--kind", "joined"]);
    for id in &day.joined {
        assert!(changes.as_array().unwrap().iter().any(|change| change["external_id"] == **id), "{id} joined");
    }
    let again = company.json(&["sync", "corp"]);
    for count in ["added", "changed", "removed", "held", "refused"] {
        assert_eq!(again[0][count], 0, "{count}");
    }
}
