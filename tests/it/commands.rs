//! The reading commands on a filled directory, and on none at all. Whole outputs stand in `snapshots/`.

use insta::assert_snapshot;

use crate::world::World;

#[test]
fn nothing_is_an_answer_and_makes_no_file() {
    let world = World::new();
    for (command, keys) in [("list", "name,kind,"), ("users", "id,integration,"), ("groups", "id,"), ("runs", "id,")] {
        assert_eq!(world.run(&[command, "-o", "json"]).json(), serde_json::json!([]), "{command}");
        assert!(world.run(&[command, "-o", "csv"]).stdout.starts_with(keys), "{command}");
        assert_eq!(world.run(&[command, "-o", "jsonl"]).stdout, "", "{command}");
    }
    assert!(!world.database().exists());
}

#[test]
fn list() {
    let world = World::filled();
    assert_snapshot!("list_piped", world.run(&["list"]));
    assert_snapshot!("list_json", world.run(&["list", "-o", "json"]));
    assert_snapshot!("list_table", world.run(&["list", "-o", "table"]));
}

#[test]
fn users() {
    let world = World::filled();
    assert_snapshot!("users_piped", world.run(&["users"]));
    assert_snapshot!("users_csv", world.run(&["users", "--integration", "CORP", "-o", "csv"]));
    assert_snapshot!("users_tsv", world.run(&["users", "--columns", "email,display_name,aliases", "-o", "tsv"]));
    assert_snapshot!("users_jsonl", world.run(&["users", "--limit", "2", "-o", "jsonl", "--status", "all"]));
    let columns = ["users", "--columns", "status,email,created_at", "-o", "json", "--status", "active"];
    assert_snapshot!("users_columns_json", world.run(&columns));
}

#[test]
fn users_can_be_narrowed() {
    let world = World::filled();
    let ids = |arguments: &[&str]| {
        let all: Vec<&str> = ["users", "-o", "json", "--columns", "id"].iter().chain(arguments).copied().collect();
        let found = world.run(&all).json();
        let mut ids: Vec<i64> = found.as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&[]), [1, 2, 3, 4, 6, 7, 8]);
    assert_eq!(ids(&["--status", "all"]), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(ids(&["--status", "removed,suspended"]), [2, 5]);
    assert_eq!(ids(&["--search", "LOVE"]), [1, 7]);
    assert_eq!(ids(&["--search", "MÜLL"]), [4]);
    assert_eq!(ids(&["--search", "jürgen m"]), [4]);
    assert_eq!(ids(&["--search", "%"]), [0; 0]);
    assert_eq!(ids(&["--search", "countess"]), [1]);
    assert_eq!(ids(&["--org-unit", "/eng"]), [1, 2]);
    assert_eq!(ids(&["--org-unit", "/Eng/Platform/"]), [1]);
    assert_eq!(ids(&["--org-unit", "/"]), [1, 2, 3, 4, 6]);
    assert_eq!(ids(&["--group", "engineering"]), [2]);
    assert_eq!(ids(&["--group", "STAFF@example.com", "--integration", "corp"]), [1]);
    assert_eq!(ids(&["--integration", "gone"]), [8]);
    assert_snapshot!("users_unknown_integration", world.run(&["users", "--integration", "nope"]));
    assert_snapshot!("users_unknown_group", world.run(&["users", "--group", "nope"]));
    assert_snapshot!("users_misplaced_filter", world.run(&["users", "--limit", "1", "show", "1"]));
}

#[test]
fn one_user_is_found_by_whatever_they_are_or_were_called() {
    let world = World::filled();
    let id = |asked: &str| world.run(&["users", "show", asked, "-o", "json"]).json()["id"].as_i64().unwrap();
    for (asked, expected) in [
        ("1", 1),
        ("103", 3),
        ("AL@example.com", 1),
        ("byron@EXAMPLE.com", 1),
        // The living one, neither the tombstone nor her who had the address before.
        ("bob@example.com", 6),
        ("grace@example.com", 2),
        ("eve@gone.example", 8),
    ] {
        assert_eq!(id(asked), expected, "{asked}");
    }
    assert_snapshot!("users_show", world.run(&["users", "show", "101"]));
    assert_snapshot!("users_show_json", world.run(&["users", "show", "101", "-o", "json"]));
    assert_snapshot!("users_show_ambiguous", world.run(&["users", "show", "ada@example.com"]));
    assert_snapshot!("users_show_ambiguous_json", world.run(&["users", "show", "ada@example.com", "-o", "json"]));
    assert_eq!(world.run(&["users", "show", "ada@example.com", "--integration", "corp"]).code, Some(0));
    assert_eq!(world.run(&["users", "show", "ada@example"]).code, Some(6), "never in part");
    assert_snapshot!("users_history", world.run(&["users", "history", "1"]));
}

#[test]
fn groups() {
    let world = World::filled();
    assert_snapshot!("groups_piped", world.run(&["groups"]));
    assert_snapshot!("groups_search", world.run(&["groups", "--search", "PAY", "-o", "json"]));
    assert_snapshot!("groups_show", world.run(&["groups", "show", "größe", "-o", "json"]));
    assert_snapshot!("groups_ambiguous", world.run(&["groups", "show", "sales"]));
    assert_eq!(world.run(&["groups", "show", "GRÖẞE"]).code, Some(0), "names are compared in every script");
    assert_eq!(world.run(&["groups", "show", "SALES@lab.example"]).code, Some(0));
}

#[test]
fn members_direct_and_nested() {
    let world = World::filled();
    assert_snapshot!("members_direct", world.run(&["groups", "members", "all", "-o", "tsv"]));
    assert_snapshot!("members_nested", world.run(&["groups", "members", "all", "--nested", "-o", "tsv"]));
    assert_snapshot!(
        "members_everyone",
        world.run(&["groups", "members", "company@example.com", "--nested", "-o", "csv"])
    );
}

#[test]
fn changes() {
    let world = World::filled();
    assert_snapshot!("changes_piped", world.run(&["changes"]));
    let labels = |arguments: &[&str]| {
        let all: Vec<&str> = ["changes", "-o", "json"].iter().chain(arguments).copied().collect();
        world.run(&all).json().as_array().unwrap().len()
    };
    assert_eq!(labels(&["--since", "7d"]), 3);
    assert_eq!(labels(&["--since", "2026-11-15"]), 4);
    assert_eq!(labels(&["--kind", "joined,left"]), 3);
    assert_eq!(labels(&["--kind", "joined", "--subject", "user"]), 1);
    assert_eq!(labels(&["--limit", "2"]), 2);
    assert_eq!(labels(&["--integration", "old lab"]), 0);
    assert_snapshot!("changes_wrong_since", world.run(&["changes", "--since", "tomorrow"]));
}

#[test]
fn runs() {
    let world = World::filled();
    assert_snapshot!("runs_piped", world.run(&["runs"]));
    assert_snapshot!("runs_show", world.run(&["runs", "show", "2"]));
    assert_snapshot!("runs_show_json", world.run(&["runs", "show", "2", "-o", "json"]));
    assert_snapshot!("runs_show_csv", world.run(&["runs", "show", "2", "-o", "csv"]));
    assert_eq!(world.run(&["runs", "show", "99"]).code, Some(6));
}

#[test]
fn query_reads_in_any_format_and_only_reads() {
    let world = World::filled();
    let sql = "SELECT id, id, 1.5 AS half, NULL AS none, x'00ff' AS bytes, email FROM v1_users WHERE id = 1";
    assert_snapshot!("query_json", world.run(&["query", sql, "-o", "json"]));
    assert_snapshot!("query_csv", world.run(&["query", sql, "-o", "csv"]));
    for writes in [
        "DELETE FROM users",
        "INSERT INTO settings VALUES ('a', 'b') RETURNING key",
        "PRAGMA query_only = 0",
        "PRAGMA user_version = 9",
        "ATTACH '/tmp/stolen.db' AS stolen",
        "CREATE TEMP TABLE t (x)",
        "VACUUM INTO 'copy.db'",
    ] {
        let outcome = world.run(&["query", writes]);
        assert_eq!(outcome.code, Some(2), "{outcome}");
    }
    assert_snapshot!("query_write", world.run(&["query", "DELETE FROM users"]));
    assert_snapshot!("query_wrong", world.run(&["query", "SELECT nope FROM v1_users"]));
    assert_snapshot!("query_two", world.run(&["query", "SELECT 1; DELETE FROM users"]));
    assert_eq!(world.run(&["query", "PRAGMA table_info(users)", "-o", "json"]).code, Some(0));
    assert!(!world.home().join("copy.db").exists());
}

#[test]
fn paths() {
    let world = World::new();
    assert_snapshot!("paths", world.run(&["paths"]));
    assert_snapshot!("paths_json", world.run(&["paths", "-o", "json"]));
}

#[test]
fn a_newer_or_broken_database_is_an_error_with_a_way_out() {
    let world = World::filled();
    world.sql("PRAGMA user_version = 999");
    assert_snapshot!("newer_database", world.run(&["users"]));
    let world = World::new();
    std::fs::write(world.database(), "rubbish ".repeat(1000)).unwrap();
    assert_snapshot!("broken_database", world.run(&["list", "-o", "json"]));
}

#[test]
fn a_strangers_database_is_not_an_empty_directory() {
    let world = World::new();
    let other = rusqlite::Connection::open(world.database()).unwrap();
    other.execute_batch("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')").unwrap();
    for command in ["list", "users", "groups", "runs"] {
        let told = world.run(&[command]);
        assert_eq!(told.code, Some(1), "{told}");
        assert!(told.stderr.contains("another program's tables") && told.stderr.contains("hint: "), "{told}");
    }
    assert_eq!(other.query_row("SELECT text FROM notes", [], |row| row.get::<_, String>(0)).unwrap(), "mine");
}
