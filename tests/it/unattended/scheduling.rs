//! `schedule`: shown before it is written, twice the same as once, and nothing left of it. What needs a real cron or a real
//! systemd is ignored here and run by `.ci/run`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use expectrl::Expect;
use expectrl::process::unix::WaitStatus;
use insta::assert_snapshot;

use crate::world::{Outcome, World};

/// A machine with a `crontab` command that keeps its crontab in a file.
fn with_crontab() -> World {
    let mut world = World::filled();
    let bin = world.home().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let crontab = bin.join("crontab");
    let script = "#!/bin/sh\nfile=\"$HOME/crontab.txt\"\ncase \"$1\" in\n\
                  -l) [ -f \"$file\" ] || { echo 'no crontab for ada' >&2; exit 1; }; cat \"$file\";;\n\
                  -r) rm \"$file\";;\n-) cat > \"$file\";;\nesac\n";
    std::fs::write(&crontab, script).unwrap();
    std::fs::set_permissions(&crontab, std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    world.set("PATH", &path);
    world
}

fn crontab(world: &World) -> Option<String> {
    std::fs::read_to_string(world.home().join("crontab.txt")).ok()
}

/// Without the place where the program was built.
fn shown(outcome: &Outcome) -> String {
    outcome.to_string().replace(env!("CARGO_BIN_EXE_dirsync"), "[DIRSYNC]")
}

#[test]
fn what_would_be_written_is_shown() {
    let world = with_crontab();
    assert_snapshot!("show_systemd", shown(&world.run(&["schedule", "show", "--systemd", "--user"])));
    assert_snapshot!("show_cron", shown(&world.run(&["schedule", "show", "--cron", "--every", "10m"])));
    assert_snapshot!("show_json", shown(&world.run(&["schedule", "show", "--cron", "-o", "json"])));
    for platform in ["--launchd", "--windows"] {
        let told = world.run(&["schedule", "show", platform, "--user"]);
        assert_eq!((told.code, told.stdout.contains("--due")), (Some(0), true), "{told}");
    }
    assert_eq!(world.run(&["schedule", "show", "--cron", "--systemd"]).code, Some(2));
    assert_eq!(world.run(&["schedule", "show", "--cron", "--every", "7m"]).code, Some(2));
    assert!(crontab(&world).is_none());
}

#[test]
fn without_a_terminal_it_wants_yes() {
    let world = with_crontab();
    let told = world.run(&["schedule", "install", "--cron"]);
    assert_eq!((told.code, told.stderr.contains("--yes")), (Some(2), true), "{told}");
    assert!(crontab(&world).is_none());
}

#[test]
fn a_crontab_gets_one_line_once_and_is_then_as_it_was() {
    let world = with_crontab();
    let theirs = "MAILTO=ops@example.com\n# theirs\n5 4 * * * /usr/bin/backup 100\\% 'x'\n";
    std::fs::write(world.home().join("crontab.txt"), theirs).unwrap();
    assert_snapshot!("install_cron", shown(&world.run(&["schedule", "install", "--cron", "--yes"])));
    let once = crontab(&world).unwrap();
    assert!(once.starts_with(theirs) && once.contains("*/15 * * * * /usr/bin/env DIRSYNC_HOME='"), "{once}");
    assert_snapshot!("install_cron_again", shown(&world.run(&["schedule", "install", "--cron", "--yes"])));
    assert_eq!(crontab(&world).unwrap(), once);
    let shown = world.json(&["schedule", "show", "--cron"]);
    assert_eq!(shown[0]["installed"], true);
    assert_eq!(world.run(&["schedule", "install", "--cron", "--yes", "--every", "5m"]).code, Some(0));
    assert_eq!(crontab(&world).unwrap(), once.replace("*/15", "*/5"));
    let removed = world.run(&["schedule", "remove"]);
    assert_eq!(removed.code, Some(0), "{removed}");
    assert_eq!(crontab(&world).unwrap(), theirs);
    assert_snapshot!("remove_nothing", world.run(&["schedule", "remove"]));
    // Where it was alone, nothing is left.
    std::fs::remove_file(world.home().join("crontab.txt")).unwrap();
    std::fs::remove_file(world.database()).unwrap();
    let early = world.run(&["schedule", "install", "--cron", "--yes"]);
    assert_eq!((early.code, early.stderr.contains("nothing is at [HOME]/dirsync.db yet")), (Some(0), true), "{early}");
    assert_eq!(world.run(&["schedule", "remove", "--cron"]).code, Some(0));
    assert!(crontab(&world).is_none());
}

#[test]
fn units_are_written_once_and_removed_whole() {
    let world = with_crontab();
    let install = ["schedule", "install", "--systemd", "--user", "--yes"];
    assert_snapshot!("install_systemd", shown(&world.run(&install)));
    let units = world.home().join(".config/systemd/user");
    let read = || ["dirsync.service", "dirsync.timer"].map(|name| std::fs::read_to_string(units.join(name)).ok());
    let once = read();
    assert!(once.iter().all(Option::is_some));
    let again = world.run(&install);
    assert_eq!((again.code, again.stderr.matches("as it should be").count()), (Some(0), 2), "{again}");
    assert_eq!(read(), once);
    // As 'systemctl enable' leaves it.
    let wants = units.join("timers.target.wants");
    std::fs::create_dir(&wants).unwrap();
    std::os::unix::fs::symlink(units.join("dirsync.timer"), wants.join("dirsync.timer")).unwrap();
    assert_snapshot!("remove_systemd", shown(&world.run(&["schedule", "remove"])));
    assert_eq!(read(), [None, None]);
    assert!(wants.join("dirsync.timer").symlink_metadata().is_err());
}

#[test]
fn a_file_of_somebody_elses_is_left_alone() {
    let world = with_crontab();
    let units = world.home().join(".config/systemd/user");
    std::fs::create_dir_all(&units).unwrap();
    std::fs::write(units.join("dirsync.service"), "[Service]\nExecStart=/bin/true\n").unwrap();
    let told = world.run(&["schedule", "install", "--systemd", "--user", "--yes"]);
    assert_eq!((told.code, told.stderr.contains("left alone")), (Some(1), true), "{told}");
    assert!(std::fs::read_to_string(units.join("dirsync.service")).unwrap().contains("/bin/true"));
    assert_eq!(world.run(&["schedule", "remove", "--systemd", "--user"]).code, Some(0));
    assert!(units.join("dirsync.service").exists());
}

#[test]
fn on_a_terminal_it_is_shown_and_asked_first() {
    let world = with_crontab();
    for (answer, code) in [("n", 2), ("y", 0)] {
        let mut command = world.command(&["schedule", "install", "--cron"]);
        command.env("TERM", "xterm").env("NO_COLOR", "1").stdin(Stdio::inherit());
        let mut session = expectrl::Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(20)));
        session.expect("sync --due").unwrap();
        session.expect("Write this and start it?").unwrap();
        assert!(crontab(&world).is_none());
        session.send(format!("{answer}\r")).unwrap();
        session.expect(expectrl::Eof).unwrap();
        let ended = session.get_process().wait().unwrap();
        assert!(matches!(ended, WaitStatus::Exited(_, found) if found == code), "{ended:?}");
    }
    assert!(crontab(&world).unwrap().contains("sync --due"));
}

#[test]
#[ignore = "needs python3, whose readers of XML and property lists are other hands' work"]
fn other_hands_read_the_property_list_and_the_task() {
    let mut world = World::filled();
    let home = world.home().join("IT & <more>");
    std::fs::create_dir(&home).unwrap();
    world.set("DIRSYNC_HOME", home.to_str().unwrap());
    let text = |platform: &str| {
        let shown = world.json(&["schedule", "show", platform, "--user"]);
        shown[0]["text"].as_str().unwrap().to_owned()
    };
    let reads = |script: &str, text: &str| {
        let file = world.home().join("read.xml");
        std::fs::write(&file, text).unwrap();
        let output = Command::new("python3").args(["-c", script]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    reads(
        "import plistlib, sys
job = plistlib.load(open(sys.argv[1], 'rb'))
assert job['Label'] and job['RunAtLoad'] is True and job['ProcessType'] == 'Background', job
assert job['ProgramArguments'][0].startswith('/') and job['ProgramArguments'][1:] == ['sync', '--due', '--no-input'], job
assert job['EnvironmentVariables']['DIRSYNC_HOME'].endswith('IT & <more>'), job
assert [it['Minute'] for it in job['StartCalendarInterval']] == [0, 15, 30, 45], job
assert set(job) == {'Label', 'ProgramArguments', 'EnvironmentVariables', 'StartCalendarInterval', 'RunAtLoad', \
    'ProcessType', 'StandardErrorPath'}, job",
        &text("--launchd"),
    );
    reads(
        "import sys, xml.etree.ElementTree as tree
task = tree.fromstring(open(sys.argv[1]).read().split('?>', 1)[1])
name = lambda it: it.tag.rsplit('}', 1)[1]
assert task.tag == '{http://schemas.microsoft.com/windows/2004/02/mit/task}Task' and task.get('version') == '1.2'
assert [name(it) for it in task] == ['RegistrationInfo', 'Triggers', 'Principals', 'Settings', 'Actions']
found = {name(it): it.text for it in task.iter()}
assert found['Interval'] == 'PT15M' and found['StartWhenAvailable'] == 'true', found
assert found['MultipleInstancesPolicy'] == 'IgnoreNew' and '--due' in found['Arguments'], found
principal = task.find('.//{*}Principal').get('id')
assert task.find('{*}Actions').get('Context') == principal",
        &text("--windows"),
    );
}

#[test]
#[ignore = "needs systemd-analyze"]
fn systemd_itself_finds_the_units_right() {
    let mut world = World::filled();
    world.sql("INSERT OR REPLACE INTO settings (key, value) VALUES ('key_store', 'systemd')");
    // A home that has everything that wants escaping.
    let home = world.home().join("it's 5% \"here\" $HOME");
    std::fs::create_dir(&home).unwrap();
    std::fs::copy(world.database(), home.join("dirsync.db")).unwrap();
    world.set("DIRSYNC_HOME", home.to_str().unwrap());
    let all =
        ["--user", "--system"].into_iter().flat_map(|scope| ["1m", "1h", "4h", "24h"].map(|every| (scope, every)));
    for (scope, every) in all {
        let shown = world.json(&["schedule", "show", "--systemd", scope, "--every", every]);
        assert!(shown[0]["text"].as_str().unwrap().contains("LoadCredentialEncrypted=dirsync.key:"), "{shown}");
        let folder = tempfile::tempdir().unwrap();
        let mut units = Vec::new();
        for piece in shown.as_array().unwrap() {
            let unit = folder.path().join(Path::new(piece["path"].as_str().unwrap()).file_name().unwrap());
            let text = piece["text"].as_str().unwrap().replace("[HOME]", &world.home().display().to_string());
            std::fs::write(&unit, text).unwrap();
            units.push(unit);
        }
        let output = Command::new("systemd-analyze")
            .args(["verify", "--man=no", scope])
            .args(&units)
            .env("XDG_RUNTIME_DIR", folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        // Of other units of the machine it may say what it likes.
        let ours: Vec<&str> = said.lines().filter(|line| line.contains("dirsync")).collect();
        assert!(output.status.success() && ours.is_empty(), "{scope}: {said}");
    }
}

#[test]
#[ignore = "needs cron, and to be root: it starts the daemon"]
fn a_real_cron_runs_the_line() {
    let mut world = World::filled();
    let home = world.home().join("it's 5% here");
    std::fs::create_dir(&home).unwrap();
    world.set("DIRSYNC_HOME", home.to_str().unwrap()).set("PATH", "/usr/sbin:/usr/bin:/bin");
    // A watch without an interval makes a database; the line proves that it ran by what it remembers.
    std::fs::copy(world.database(), home.join("dirsync.db")).unwrap();
    let installed = world.run(&["schedule", "install", "--cron", "--user", "--yes", "--every", "1m"]);
    assert_eq!(installed.code, Some(0), "{installed}");
    let mut cron = Command::new("cron").arg("-f").spawn().unwrap();
    let told = || {
        let db = rusqlite::Connection::open(home.join("dirsync.db")).unwrap();
        db.query_row("SELECT count(*) FROM unattended WHERE told IS NOT NULL", [], |row| row.get::<_, i64>(0))
            .unwrap_or(0)
    };
    // Half a second at a time, for a minute and a half.
    for _ in 0..180 {
        if told() > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    let count = told();
    cron.kill().unwrap();
    cron.wait().unwrap();
    let removed = world.run(&["schedule", "remove", "--cron"]);
    assert!(count > 0, "cron did not run the line within 90 s; {removed}");
    assert_eq!(removed.code, Some(0), "{removed}");
}
