//! Flag, environment, file, in that order; and every way to get one wrong.

use insta::assert_snapshot;

use crate::world::World;

#[test]
fn a_flag_beats_the_environment_and_that_beats_the_file() {
    let mut world = World::filled();
    world.config("output = 'csv'\ncolumns = ['name', 'kind']\nwide = true\n");
    assert_eq!(world.run(&["list"]).stdout, "name,kind\ncorp,google\nnew,google\nOld Lab,google\n");
    world.set("DIRSYNC_OUTPUT", "tsv").set("DIRSYNC_COLUMNS", "");
    assert!(world.run(&["list"]).stdout.starts_with("name\tkind\n"), "an empty variable is not set");
    assert_eq!(world.run(&["list", "-o", "jsonl", "--columns", "name"]).stdout.lines().count(), 3);
}

#[test]
fn what_is_wrong_names_where_it_stands() {
    let world = World::new();
    for (name, text) in [
        ("config_unknown_key", "output = 'csv'\n\n[google]\nrequests_per_minit = 5\n"),
        ("config_wrong_value", "# what I like\noutput = 'xml'\n"),
        ("config_wrong_endpoint", "[google]\napi_url = 'http://example.com'\n"),
        ("config_no_toml", "output = \n"),
        ("config_once_only", "confirm = 'corp'\n"),
    ] {
        world.config(text);
        assert_snapshot!(name, world.run(&["list"]));
        assert_eq!(world.run(&["--help"]).code, Some(0), "help works whatever the file says");
    }
}

#[test]
fn a_wrong_variable_is_named() {
    let mut world = World::new();
    world.set("DIRSYNC_OUTPUT", "xml");
    assert_snapshot!("variable_wrong_output", world.run(&["list"]));
    let typed = world.run(&["list", "-o", "xml"]);
    assert!(!typed.stderr.contains("DIRSYNC_OUTPUT"), "{typed}");
    let mut world = World::new();
    world.set("DIRSYNC_GOOGLE_TOKEN_URL", "http://example.com").set("DIRSYNC_OUTPUT", "json");
    assert_snapshot!("variable_wrong_endpoint", world.run(&["list"]));
    let mut world = World::new();
    world.set("DIRSYNC_WIDE", "perhaps");
    assert_snapshot!("variable_wrong_switch", world.run(&["list"]));
    let mut world = World::new();
    world.set("DIRSYNC_WIDE", "yes").set("DIRSYNC_VERBOSE", "1").set("DIRSYNC_GOOGLE_API_URL", "http://127.0.0.1:9");
    assert_eq!(world.run(&["list"]).code, Some(0));
}

#[test]
fn usage_errors_follow_the_format() {
    let world = World::new();
    assert_snapshot!("usage_human", world.run(&["list", "--bad"]));
    assert_snapshot!("usage_json", world.run(&["list", "--bad", "-o", "json"]));
    assert_snapshot!("usage_unknown_column", world.run(&["list", "--columns", "name,nope", "-o", "json"]));
    assert_eq!(world.run(&[]).code, Some(2));
    assert_eq!(world.run(&["-o", "json"]).code, Some(2));
}

#[test]
fn help_is_data() {
    let world = World::new();
    assert_snapshot!("help", world.run(&["--help"]));
    assert_snapshot!("help_users", world.run(&["users", "-h"]));
    assert_eq!(world.run(&["--version"]).stdout, concat!("dirsync ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_configuration_that_cannot_be_read_has_a_way_out() {
    let world = World::new();
    std::fs::write(world.home().join("config.toml"), [0xff, 0xfe]).unwrap();
    let told = world.run(&["list"]);
    assert_eq!(told.code, Some(2), "{told}");
    assert!(told.stderr.contains("[HOME]/config.toml") && told.stderr.contains("hint: "), "{told}");
}
