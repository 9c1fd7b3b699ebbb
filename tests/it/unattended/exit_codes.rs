//! The exit codes as a shell script meets them, each in README's table reached by a line of it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use dirsync::sandbox::{Fault, Rule, Sandbox};

use crate::google::company::Company;
use crate::readme::table;

/// Puts the directory in a mood.
fn put(sandbox: &Sandbox, mood: &str) {
    sandbox.clear_faults();
    sandbox.unvanish();
    let (on, fault) = match mood {
        "calm" => return,
        "shrunken" => return drop(sandbox.vanish(40, true)),
        "odd" => ("users", Fault::WrongType { whole: false }),
        "forbidden" => ("users", Fault::status(403, Some("forbidden"))),
        "unsigned" => ("api", Fault::Unauthorized),
        "slow" => ("groups", Fault::Slow { ms: 60_000 }),
        mood => panic!("no such mood: {mood}"),
    };
    sandbox.inject(Rule::new(on, fault));
}

#[test]
fn each_is_reached_by_a_line_of_a_shell_script() {
    let mut company = Company::new();
    // Nobody gives up on the slow directory before it is stopped.
    company.world.set("DIRSYNC_GIVE_UP_AFTER", "2m");
    company.key_file();
    let program = company.world.command(&[]);
    let folder = Path::new(program.get_program()).parent().unwrap();
    let mut script = Command::new("sh");
    script
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/unattended/exit-codes.sh"))
        .env_clear()
        .envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .env("ADMIN", company.sandbox.admin_email())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut script = script.spawn().unwrap();
    let (mut answers, mut said) = (script.stdin.take().unwrap(), Vec::new());
    for line in BufReader::new(script.stdout.take().unwrap()).lines().map(Result::unwrap) {
        match line.strip_prefix("mood: ") {
            Some(mood) => {
                put(&company.sandbox, mood);
                answers.write_all(b"done\n").unwrap();
            }
            None => said.push(line),
        }
    }
    let (status, all) = (script.wait().unwrap(), said.join("\n"));
    assert!(status.success() && !all.contains("WRONG"), "{all}");
    let (monitors, others): (Vec<_>, Vec<_>) = said.iter().partition(|line| line.contains("dirsync check"));
    let promised: BTreeSet<&str> = table("| code | meaning").into_iter().map(|row| row[0]).collect();
    assert_eq!(codes(others), promised, "{all}");
    assert_eq!(codes(monitors), BTreeSet::from(["0", "1", "2", "3"]), "{all}");
}

/// The codes that lines of the script tell.
fn codes(lines: Vec<&String>) -> BTreeSet<&str> {
    lines.into_iter().map(|line| line.split_once(':').unwrap_or_else(|| panic!("{line}")).0).collect()
}
