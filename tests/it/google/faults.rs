//! Every fault that the other side can have in the middle of a sync: the exit code, a message with its way out, and
//! nothing lost; and once it has passed, the next sync sets everything right.

use dirsync::sandbox::{Fault, Rule};

use super::company::Company;

/// What a fault leads to.
struct Case {
    rule: Rule,
    code: i32,
    says: &'static str,
}

fn case(on: &str, fault: Fault, code: i32, says: &'static str) -> Case {
    Case { rule: Rule::new(on, fault), code, says }
}

fn status(code: u16, reason: &str) -> Fault {
    let reason = Some(reason.to_owned());
    Fault::Status { code, reason, message: None, text: None, json: None, retry_after: None }
}

fn throttle(reason: &str) -> Fault {
    Fault::Throttle { reason: reason.to_owned(), retry_after: None }
}

/// Meets each fault on one company that changes meanwhile, so that a sync always has something to lose.
fn meet(cases: Vec<Case>) {
    let company = Company::connected();
    for Case { rule, code, says } in cases {
        let what = format!("{rule:?}");
        company.sandbox.play_day();
        let before = company.contents();
        company.sandbox.inject(rule);
        let synced = company.world.run(&["sync", "corp"]);
        assert_eq!(synced.code, Some(code), "{what}: {synced}");
        assert!(synced.stderr.contains(says), "{what}: {synced}");
        assert!(synced.stderr.contains("hint: "), "{what}: {synced}");
        assert_eq!(company.contents(), before, "{what}: something was lost");
        assert_eq!(company.json(&["runs", "--limit", "1"])[0]["outcome"], "failed", "{what}");
        company.sandbox.clear_faults();
        let healed = company.world.run(&["sync", "corp", "--max-removals", "100%"]);
        assert_eq!(healed.code, Some(0), "{what}: {healed}");
        assert_ne!(company.contents(), before, "{what}: the day is in now");
    }
}

#[test]
fn what_passes_by_itself_is_tried_again_and_ends_in_75() {
    meet(vec![
        case("users", throttle("userRateLimitExceeded"), 75, "too many requests"),
        case("users", throttle("quotaExceeded"), 75, "too many requests"),
        case("groups", throttle("rateLimitExceeded"), 75, "too many requests"),
        case("users", Fault::TooManyText { retry_after: None }, 75, "too many requests"),
        case("groups", Fault::UnavailableHtml, 75, "503"),
        case("users", status(500, "backendError"), 75, "500"),
        case("users", Fault::ResetMidBody, 75, "users: "),
        case("groups", Fault::Hang, 75, "groups: "),
        case("token", status(503, "backendError"), 75, "sign-in service"),
        case("token", Fault::Hang, 75, "no answer"),
        case("users", throttle("dailyLimitExceeded"), 75, "daily quota"),
        case("users", status(500, "unknownError"), 75, "500"),
        case("members", Fault::UnavailableHtml, 75, "503"),
    ]);
}

#[test]
fn what_cannot_be_understood_ends_in_1() {
    meet(vec![
        case("users", Fault::TruncatedJson, 1, "cut short"),
        case("users", Fault::HtmlOk, 1, "web page"),
        case("groups", Fault::HtmlOk, 1, "web page"),
        case("users", Fault::WrongType { whole: true }, 1, "shape of a listing"),
        case("users", Fault::MissingKey, 1, "no users"),
        case("users", Fault::EmptyListing, 1, "no people"),
        case("groups", Fault::EmptyListing, 1, "no groups"),
        case("users", Fault::Redirect { to: "https://elsewhere.example/".into() }, 1, "redirect"),
        case("users", status(403, "forbidden"), 1, "may not read"),
        case("users", status(403, "accessNotConfigured"), 1, "not enabled"),
        case("users", Fault::RepeatToken, 1, "same page token twice"),
        case("groups", Fault::RepeatToken, 1, "same page token twice"),
        case("users", Fault::EmptyPageWithToken, 1, "same page token twice"),
        case("groups", Fault::MissingKey, 1, "no groups"),
        case("users", status(400, "badRequest"), 1, "users"),
        case("groups", status(404, "notFound"), 1, "groups"),
        case("users", Fault::OtherCustomer { customer_id: "C0other".into() }, 1, "another organisation"),
        case("token", Fault::HtmlOk, 1, "sign-in service"),
    ]);
}

#[test]
fn what_needs_somebody_ends_in_4() {
    meet(vec![
        case("users", Fault::Unauthorized, 4, "does not accept the sign-in"),
        case("users", status(403, "domainCannotUseApis"), 4, "does not allow"),
        case("users", status(403, "insufficientPermissions"), 4, "does not cover"),
    ]);
}

#[test]
fn a_fault_that_passes_in_time_is_not_even_noticed() {
    let company = Company::connected();
    for (on, fault) in [
        ("users", throttle("userRateLimitExceeded")),
        ("members", Fault::UnavailableHtml),
        ("groups", Fault::TruncatedJson),
        ("users", Fault::Unauthorized),
        ("members", Fault::ResetMidBody),
    ] {
        let what = format!("{on}: {fault:?}");
        company.sandbox.play_day();
        company.sandbox.inject(Rule::new(on, fault).times(1));
        let synced = company.world.run(&["sync", "corp", "--max-removals", "100%"]);
        assert_eq!((synced.code, &*synced.stderr), (Some(0), ""), "{what}");
        company.sandbox.clear_faults();
    }
}

#[test]
fn one_group_that_cannot_be_read_stays_as_it_was_and_everything_else_goes_in() {
    for fault in [Fault::UnavailableHtml, Fault::DeletedGroupWhileListed, Fault::HtmlOk] {
        let company = Company::connected();
        let groups = company.json(&["groups", "--search", "town-hall"]);
        let group = groups[0]["external_id"].as_str().unwrap().to_owned();
        let members = |company: &Company| {
            let lines = company.contents();
            lines.into_iter().filter(|line| line.contains(&format!("[\"{group}\",\""))).collect::<Vec<_>>()
        };
        let before = members(&company);
        company.sandbox.play_day();
        company.sandbox.inject(Rule::new(&format!("members:{group}"), fault));
        let synced = company.world.run(&["sync", "corp", "-o", "json"]);
        assert_eq!(synced.code, Some(3), "{synced}");
        let run: serde_json::Value = serde_json::from_str(&synced.stdout).unwrap();
        assert_eq!(run[0]["outcome"], "partial");
        assert_eq!(members(&company), before);
        let shown = company.json(&["runs", "show", &run[0]["id"].to_string()]);
        assert_eq!(shown["notes"][0]["external_id"], *group);
        assert!(!company.json(&["changes", "--kind", "joined", "--since", "1m"]).as_array().unwrap().is_empty());
    }
}

#[test]
fn at_the_highest_verbosity_every_request_is_told() {
    let company = Company::connected();
    company.sandbox.inject(Rule::new("users", status(400, "badRequest")));
    let synced = company.world.run(&["sync", "corp", "-vv"]);
    assert_eq!(synced.code, Some(1), "{synced}");
    let told = |words: &[&str]| synced.stderr.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(told(&["400", "/admin/directory/v1/users", "customer=my_customer"]), "what was asked: {synced}");
    assert!(told(&["200", "/token"]), "{synced}");
    let usual = company.world.run(&["sync", "corp", "-v"]);
    assert!(!usual.stderr.contains("my_customer"), "{usual}");
}

#[test]
fn a_second_run_is_told_that_one_is_at_it() {
    let company = Company::connected();
    company.sandbox.inject(Rule::new("users", Fault::Slow { ms: 700 }));
    let mut first = company.world.command(&["sync", "corp"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let second = company.world.run(&["sync", "corp", "-o", "json"]);
    assert_eq!(second.code, Some(75), "{second}");
    let error: serde_json::Value = serde_json::from_str(second.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "try_again");
    assert!(error["error"]["message"].as_str().unwrap().contains(&format!("process {}", first.id())), "{second}");
    assert!(first.wait().unwrap().success());
}

#[test]
fn a_database_that_cannot_be_used_is_left_alone() {
    let company = Company::connected();
    let path = company.world.database();
    let newer = |version: i64| {
        rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
    };
    newer(99);
    for words in [&["sync", "corp"][..], &["users"], &["list"]] {
        let refused = company.world.run(words);
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains("version 99") && refused.stderr.contains("hint: "), "{refused}");
    }
    newer(1);
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
    for name in ["dirsync.db-wal", "dirsync.db-shm"] {
        let _ = std::fs::remove_file(company.world.home().join(name));
    }
    let rubbish = "this is no database, however long it is looked at".repeat(200);
    std::fs::write(&path, &rubbish).unwrap();
    let refused = company.world.run(&["sync", "corp"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.contains("damaged or not a dirsync database"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), rubbish);
}

#[test]
fn where_nothing_listens_it_is_worth_trying_later() {
    let mut company = Company::connected();
    let before = company.contents();
    company.world.set("DIRSYNC_GOOGLE_API_URL", "http://127.0.0.1:9");
    let synced = company.world.run(&["sync", "corp"]);
    assert_eq!(synced.code, Some(75), "{synced}");
    assert!(synced.stderr.contains("cannot connect") && synced.stderr.contains("hint: "), "{synced}");
    assert_eq!(company.contents(), before);
}
