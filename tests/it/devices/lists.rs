//! Exports: safe for spreadsheets on request, and imported again without a change, whatever the devices are like.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::world::World;

#[test]
fn cells_that_a_spreadsheet_would_run_are_escaped_on_request() {
    let world = World::new();
    world.run(&["devices", "add", "=1+1", "--name", "+49", "--model", "@x", "--tag=-a", "--asset-tag", "7-7"]);
    let columns = ["--columns", "serial_number,device_name,model,tags,asset_tag"];
    let export = |more: &[&str]| world.run(&[&["devices", "export"], &columns[..], more].concat()).stdout;
    assert_eq!(export(&[]).lines().last(), Some("=1+1,+49,@x,-a,7-7"));
    assert_eq!(export(&["--spreadsheet-safe"]).lines().last(), Some("'=1+1,'+49,'@x,'-a,7-7"));
    assert!(export(&["--spreadsheet-safe", "-o", "json"]).contains("\"=1+1\""), "JSON runs nowhere");
    let listed = |words: &[&str]| {
        let all = [words, &["--columns", "serial,name", "-o", "csv", "--spreadsheet-safe"]].concat();
        world.run(&all).stdout.lines().last().unwrap().to_owned()
    };
    assert_eq!(listed(&["devices"]), "'=1+1,'+49", "whatever is listed");
    assert_eq!(listed(&["devices", "show", "=1+1"]), "'=1+1,'+49");
    assert_eq!(world.run(&["devices", "-o", "tsv", "--columns", "name", "--spreadsheet-safe"]).stdout, "name\n+49\n");
}

/// A device as a row of a list: serial number, name, platform, tags, shared, user, pin, enrolled by, last user.
fn row() -> impl Strategy<Value = Vec<String>> {
    let awkward = "[ -~äß山\\n\\r\\t;,\"'=+@\\\\-]{0,12}";
    let text = || option::of(awkward).prop_map(Option::unwrap_or_default);
    let who = prop::sample::select(vec![
        "",
        "grace@example.com",
        "YAMADA@example.com",
        "byron@example.com",
        "countess@example.com",
        "new@example.com",
        "102",
        "null",
        "eve@gone.example",
    ]);
    let yes = || prop::sample::select(vec!["", "true", "false"]);
    let time = prop::sample::select(vec!["", "2026-11-01", "2026-11-02T03:04:05+01:00"]);
    ("[A-Z0-9 äß\"',;=-]{1,12}", text(), text(), text(), yes(), who, yes(), text(), (text(), time)).prop_map(
        |(serial, name, platform, tags, shared, user, pin, enrolled_by, (last_user, seen))| {
            let texts = [serial, name, platform, tags];
            let words = [shared, user, pin].map(str::to_owned);
            texts.into_iter().chain(words).chain([enrolled_by, last_user, seen.to_owned()]).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_is_imported_without_a_change(rows in vec(row(), 1..30)) {
        let world = World::filled();
        let mut writer = csv::Writer::from_path(world.home().join("list.csv")).unwrap();
        let header = "serial,name,platform,tags,shared,user,pin,enrolled_by,last_user,last_seen_at";
        writer.write_record(header.split(',')).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        writer.flush().unwrap();
        let first = world.run(&["devices", "import", "list.csv", "-o", "json"]);
        prop_assert!(matches!(first.code, Some(0 | 3)), "{first}");
        let all = ["devices", "export", "-o", "json"];
        let (before, changes) = (world.run(&all).stdout, world.run(&["changes", "-o", "json"]).stdout);
        for how in [&["devices", "export"][..], &["devices", "export", "--spreadsheet-safe"]] {
            let exported = world.run(how).stdout;
            std::fs::write(world.home().join("exported.csv"), &exported).unwrap();
            let again = world.run(&["devices", "import", "exported.csv", "-o", "json"]).json();
            for row in again.as_array().unwrap() {
                prop_assert_eq!(&row["device"], "unchanged", "{}\n{}", row, &exported);
            }
        }
        prop_assert_eq!(world.run(&all).stdout, before);
        prop_assert_eq!(world.run(&["changes", "-o", "json"]).stdout, changes);
    }
}
