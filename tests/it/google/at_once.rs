//! Several processes at once: one works on an integration, the others are told so; one key, one integration.

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::Duration;

use dirsync::sandbox::{Fault, Rule};
use serde_json::json;

use super::company::{BY_BROWSER, Company};
use super::truth::assert_true;

fn start(company: &Company, arguments: &[&str]) -> Child {
    company.world.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn of_many_who_add_the_same_organisation_at_once_one_succeeds() {
    for _ in 0..3 {
        let company = Company::new();
        let (key, admin) = (company.key_file(), company.sandbox.admin_email());
        let key = key.to_str().unwrap();
        let children: Vec<Child> = ["a", "b", "c", "d"]
            .iter()
            .map(|name| {
                start(&company, &["add", "google", "--name", name, "--service-account", key, "--admin", &admin])
            })
            .collect();
        let ended: Vec<_> = children.into_iter().map(ended).collect();
        let codes: Vec<_> = ended.iter().map(|(code, _)| code.unwrap()).collect();
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{ended:?}");
        assert_eq!(codes.iter().filter(|code| **code == 1).count(), 3, "{ended:?}");
        let listed = company.json(&["list"]);
        assert_eq!(listed.as_array().unwrap().len(), 1);
        let name = listed[0]["name"].as_str().unwrap();
        assert_eq!(company.world.run(&["sync", name]).code, Some(0), "the key is the one that sealed its secrets");
    }
}

#[test]
fn while_a_sync_is_at_it_nobody_deletes_or_approves() {
    let mut company = Company::connected();
    company.world.set("DIRSYNC_GIVE_UP_AFTER", "30s");
    company.sandbox.vanish(40, true);
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(5));
    let before = company.contents();
    company.sandbox.inject(Rule::new("users", Fault::Slow { ms: 3_000 }));
    let asked = company.asked();
    let running = start(&company, &["sync", "corp"]);
    while company.asked() == asked {
        std::thread::sleep(Duration::from_millis(10));
    }
    for arguments in [&["delete", "corp", "--confirm", "corp"][..], &["plans", "approve", "1"], &["sync", "--all"]] {
        let told = company.world.run(arguments);
        assert_eq!(told.code, Some(75), "{told}");
        assert!(told.stderr.contains(&format!("process {}", running.id())), "{told}");
        assert!(told.stderr.contains(": fetching)"), "{told}");
        assert_eq!(company.contents(), before);
    }
    assert_eq!(company.json(&["list"])[0]["name"], "corp", "whoever only looks never waits");
    assert_eq!(ended(running).0, Some(5));
}

/// Whoever waits has its turn, whoever does not is told so at once; nobody waits for ever, and readers for nobody.
#[test]
fn eight_at_once_over_the_same_directories_end_well() {
    let company = Company::connected();
    let page = Rule::new("users", Fault::Slow { ms: 300 });
    company.sandbox.inject(page);
    let runs = company.count("runs");
    let waiting: Vec<Child> = (0..6).map(|_| start(&company, &["sync", "--all", "--wait", "5m"])).collect();
    let hasty: Vec<Child> = (0..2).map(|_| start(&company, &["sync", "--all"])).collect();
    while company.count("runs") == runs {
        let read = company.world.run(&["users", "-o", "json"]);
        assert_eq!(read.code, Some(0), "{read}");
    }
    let waited: Vec<_> = waiting.into_iter().map(ended).collect();
    assert!(waited.iter().all(|(code, _)| *code == Some(0)), "{waited:?}");
    let hasty: Vec<_> = hasty.into_iter().map(ended).collect();
    assert!(hasty.iter().all(|(code, _)| matches!(code, Some(0 | 75))), "{hasty:?}");
    let synced = company.count("runs") - runs;
    assert!((6..=8).contains(&synced), "{synced} runs");
    assert_true(&company);
}

#[test]
fn a_name_given_twice_is_synced_once() {
    let company = Company::connected();
    let synced = company.world.run(&["sync", "corp", "CORP", "corp", "-o", "json"]);
    assert_eq!(synced.code, Some(0), "{synced}");
    assert_eq!(synced.json().as_array().unwrap().len(), 1);
}

/// What a browser shows at an address.
fn page(url: &url::Url) -> String {
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut stream = std::net::TcpStream::connect(&host).unwrap();
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut shown = String::new();
    stream.read_to_string(&mut shown).unwrap();
    shown
}

#[test]
fn the_last_page_in_the_browser_says_what_really_happened() {
    let company = Company::new();
    let admin = company.sandbox.admin_email();
    let mut shown = String::new();
    let mut follow = |url: &mut url::Url| {
        url.query_pairs_mut().append_pair("sandbox_account", &admin);
        shown = page(&company.visit(url.clone()).unwrap());
    };
    let added = company.sign_in_by(BY_BROWSER, &mut follow);
    assert_eq!(added.code, Some(0), "{added}");
    assert!(shown.contains(&admin), "{shown}");
    // The same again goes well at the consent page, but cannot be stored.
    let twice = ["add", "google", "--name", "again", "--no-browser"];
    let mut shown = String::new();
    let refused = company.sign_in_by(&twice, |url| {
        url.query_pairs_mut().append_pair("sandbox_account", &admin);
        shown = page(&company.visit(url.clone()).unwrap());
    });
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(shown.contains("connected already") && shown.contains("corp"), "{shown}");
    assert_eq!(company.json(&["list", "--columns", "name"]), json!([{"name": "corp"}]));
}
