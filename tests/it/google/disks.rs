//! A disk that is full and one that can only be read: real ones, in a mount namespace of their own.

use super::company::Company;

/// Runs a shell script whose `$disk` is an empty folder that it may mount on; `$dirsync` is the program, with the home
/// in that folder.
fn on_a_disk(company: &Company, script: &str) -> (i32, String) {
    let disk = company.world.home().join("disk");
    std::fs::create_dir_all(&disk).unwrap();
    let mut command = company.world.command(&[]);
    let environment: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned())).collect();
    command = std::process::Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-euc", script]).env_clear().envs(environment);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("dirsync", env!("CARGO_BIN_EXE_dirsync"));
    command.env("disk", &disk).env("home", company.world.home()).env("DIRSYNC_HOME", &disk);
    let output = command.output().unwrap();
    let talk = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), talk)
}

#[test]
#[ignore = "needs unshare and the right to mount in a namespace of its own"]
fn a_full_disk_loses_nothing_and_is_no_obstacle_once_there_is_room() {
    let company = Company::connected();
    let before = company.contents();
    company.sandbox.play_day();
    for _ in 0..30 {
        company.sandbox.play_day();
    }
    let (code, talk) = on_a_disk(
        &company,
        r#"
        mount -t tmpfs -o size=64m tmpfs "$disk"
        cp -p "$home"/dirsync.db "$home"/dirsync.key "$disk"
        # All but a little of what is left is taken.
        used=$(du -sk "$disk" | cut -f1)
        mount -o remount,size=$((used + 160))k "$disk"
        set +e
        "$dirsync" sync corp --max-removals 100%; echo "full: $?"
        "$dirsync" users >/dev/null; echo "reading: $?"
        mkdir "$home/then"; cp -p "$disk"/dirsync.db* "$home/then"
        mount -o remount,size=64m "$disk"
        "$dirsync" sync corp --max-removals 100%; echo "room: $?"
        cp -p "$disk"/dirsync.db* "$home"
        "#,
    );
    assert_eq!(code, 0, "{talk}");
    assert!(talk.contains("full: 1") && talk.contains("reading: 0") && talk.contains("room: 0"), "{talk}");
    assert!(talk.contains("no space is left") && talk.contains("make room"), "{talk}");
    let then = crate::world::World::new();
    for file in std::fs::read_dir(company.world.home().join("then")).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), then.home().join(file.file_name())).unwrap();
    }
    let sound = rusqlite::Connection::open(then.database()).unwrap();
    let sound: String = sound.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let listed = then.run(&["users", "-o", "json"]).json();
    let people = before.iter().filter(|line| line.contains("@") && line.matches('"').count() > 10).count();
    assert!(people > 0 && listed.as_array().unwrap().len() >= 60, "{listed}");
    assert_ne!(company.contents(), before, "and the days are in now");
}

#[test]
#[ignore = "needs unshare and the right to mount in a namespace of its own"]
fn what_can_only_be_read_can_still_be_read() {
    let company = Company::connected();
    let listed = company.world.run(&["users", "-o", "json"]);
    let (code, talk) = on_a_disk(
        &company,
        r#"
        cp -p "$home"/dirsync.db "$home"/dirsync.key "$disk"
        mount --bind "$disk" "$disk"
        mount -o remount,bind,ro "$disk"
        set +e
        "$dirsync" users -o json > "$home/users.json"; echo "reading: $?"
        "$dirsync" list; echo "list: $?"
        "$dirsync" sync corp; echo "sync: $?"
        "$dirsync" delete corp --confirm corp; echo "delete: $?"
        "#,
    );
    assert_eq!(code, 0, "{talk}");
    for ending in ["reading: 0", "list: 0", "sync: 1", "delete: 1"] {
        assert!(talk.contains(ending), "{ending:?} is missing: {talk}");
    }
    assert!(talk.contains("dirsync paths") && !talk.contains("panicked"), "{talk}");
    let read = std::fs::read_to_string(company.world.home().join("users.json")).unwrap();
    assert_eq!(read, listed.stdout);
    assert!(!company.asked_for("/revoke"), "what cannot be deleted is not given back");
}
