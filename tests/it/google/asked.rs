//! The questions, on a real terminal: connecting by answers alone, pasting, typing a name, leaving.

use std::process::Stdio;
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Regex, Session};
use serde_json::json;

use super::company::Company;

/// The program on a terminal of its own.
struct Terminal(OsSession);

impl Terminal {
    fn new(company: &Company, arguments: &[&str]) -> Self {
        let mut command = company.world.command(arguments);
        command.env("TERM", "xterm").env("NO_COLOR", "1").stdin(Stdio::inherit());
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(20)));
        Self(session)
    }

    /// Waits until this stands on the screen.
    fn shows(&mut self, words: &str) -> &mut Self {
        if let Err(error) = self.0.expect(words) {
            panic!("'{words}' was not shown: {error}");
        }
        self
    }

    /// Types this, and Enter.
    fn types(&mut self, line: &str) -> &mut Self {
        self.0.send(format!("{line}\r")).unwrap();
        self
    }

    /// The address to sign in at.
    fn address(&mut self) -> url::Url {
        let found = self.0.expect(Regex(r"http://127\.0\.0\.1:\d+/o/oauth2/v2/auth\?[^\s]+\s")).unwrap();
        std::str::from_utf8(found.get(0).unwrap()).unwrap().trim().parse().unwrap()
    }

    /// Reads on to the end: what was still shown, and the exit code.
    fn ends(mut self) -> (String, i32) {
        let rest = String::from_utf8_lossy(self.0.expect(Eof).unwrap().as_bytes()).into_owned();
        match self.0.get_process().wait().unwrap() {
            WaitStatus::Exited(_, code) => (rest, code),
            other => panic!("{other:?}: {rest}"),
        }
    }
}

/// A company where no client is known yet.
fn without_client() -> Company {
    let mut company = Company::new();
    company.world.unset("DIRSYNC_CLIENT_SECRETS");
    company
}

/// Where the pretend Google sends the administrator's browser back to.
fn redirect(company: &Company, mut address: url::Url) -> url::Url {
    address.query_pairs_mut().append_pair("sandbox_account", &company.sandbox.admin_email());
    company.visit(address).unwrap()
}

#[test]
fn answers_alone_connect_a_directory_and_the_client_is_remembered() {
    let company = without_client();
    let client = company.world.home().join("client.json");
    let mut terminal = Terminal::new(&company, &["add"]);
    terminal.shows("Which directory do you want to connect?").shows("Google Workspace").types("");
    terminal.shows("What shall it be called here?").types(&"n".repeat(65));
    terminal.shows("64").types("");
    terminal.types("corp");
    terminal.shows("How do you want to sign in?").shows("in a browser").types("");
    terminal.shows("JSON file of the OAuth client").types("none.json");
    terminal.shows("there is no file none.json").types(client.to_str().unwrap());
    terminal.shows("Remember it as client_secrets in").types("y");
    let address = terminal.address();
    company.visit(redirect(&company, address));
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("corp: connected to"), "{rest}");
    let listed = &company.json(&["list"])[0];
    assert_eq!((&listed["name"], &listed["last_sync_outcome"]), (&json!("corp"), &json!("done")));
    let config: toml::Table =
        std::fs::read_to_string(company.world.home().join("config.toml")).unwrap().parse().unwrap();
    assert_eq!(config["client_secrets"].as_str(), client.to_str());

    // From then on the name is all it takes.
    assert_eq!(company.world.run(&["delete", "corp", "--confirm", "corp"]).code, Some(0));
    let admin = company.sandbox.admin_email();
    let again = company.sign_in(super::company::BY_BROWSER, super::company::Visitor::Allows(&admin));
    assert_eq!(again.code, Some(0), "{again}");
}

#[test]
fn a_service_account_is_asked_for_piece_by_piece() {
    let company = without_client();
    let key = company.key_file();
    let mut terminal = Terminal::new(&company, &["add", "google", "--name", "corp"]);
    terminal.shows("How do you want to sign in?").shows("with a service account");
    terminal.0.send("\u{1b}[B").unwrap();
    terminal.types("");
    terminal.shows("JSON key of the service account").types(key.to_str().unwrap());
    terminal.shows("Administrator it acts for").types(&company.sandbox.admin_email());
    let (rest, code) = terminal.ends();
    assert_eq!((code, rest.contains("corp: connected to")), (0, true), "{rest}");
    assert!(!rest.contains("Remember it"), "a key's place is not remembered: {rest}");
    assert_eq!(company.json(&["details", "corp"])["method"], "service_account");
}

#[test]
fn what_a_flag_began_is_not_asked_again() {
    let company = Company::new();
    let key = company.key_file();
    let key = key.to_str().unwrap();
    let mut terminal = Terminal::new(&company, &["add", "google", "--name", "corp", "--service-account", key]);
    terminal.shows("Administrator it acts for").types(&company.sandbox.admin_email());
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
}

#[test]
fn the_redirect_can_be_pasted_after_a_paste_that_is_none() {
    let company = Company::new();
    let mut terminal = Terminal::new(&company, &["add", "google", "--name", "corp", "--no-browser"]);
    let address = terminal.address();
    terminal.shows("If the browser is on");
    terminal.types(address.as_str()).shows("that is the address to sign in at");
    terminal.types("http://127.0.0.1:1/?state=old&code=4/x").shows("does not belong to this sign-in");
    terminal.types("4/0Abc").shows("paste the whole address");
    assert_eq!(company.count("secrets"), 0);
    let redirect = redirect(&company, address);
    terminal.types(redirect.as_str());
    let (rest, code) = terminal.ends();
    assert_eq!((code, rest.contains("corp: connected to")), (0, true), "{rest}");
}

#[test]
fn a_browser_opens_by_itself_but_not_while_what_it_brings_could_not_be_sealed() {
    use std::os::unix::fs::PermissionsExt;
    let mut company = Company::connected();
    let opened = company.world.home().join("opened");
    let browser = company.file("browser", "#!/bin/sh\necho \"$1\" > \"$(dirname \"$0\")/opened\"\n");
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o700)).unwrap();
    company.world.set("BROWSER", browser.to_str().unwrap()).set("PATH", "/usr/bin:/bin");
    let second = ["add", "google", "--name", "second"];
    let key = company.world.home().join("dirsync.key");
    let former = std::fs::read_to_string(&key).unwrap();
    for other in [Some("YW5vdGhlciBrZXkgYW5vdGhlciBrZXkgYW5vdGhlciE="), None] {
        match other {
            Some(other) => drop(company.file("dirsync.key", other)),
            None => std::fs::remove_file(&key).unwrap(),
        }
        let (rest, code) = Terminal::new(&company, &second).ends();
        assert_eq!((code, rest.contains("hint: "), rest.contains("http://")), (7, true, false), "{rest}");
        assert!(!opened.exists(), "{rest}");
        assert_eq!((company.count("integrations"), company.count("secrets")), (1, 1));
    }
    company.file("dirsync.key", &former);
    let mut terminal = Terminal::new(&company, &second);
    let address = terminal.address();
    terminal.shows("a browser should have opened");
    // The browser is a process of its own, and takes its time.
    let told = || std::fs::read_to_string(&opened).ok().filter(|line| line.ends_with('\n'));
    let line = (0..1_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        told()
    });
    assert_eq!(line.unwrap().trim(), address.as_str());
    terminal.0.send("\u{3}").unwrap();
    assert_eq!(terminal.ends().1, 130);
    assert_eq!((company.count("integrations"), company.count("secrets")), (1, 1));
}

#[test]
fn deleting_wants_the_name_typed() {
    let company = Company::connected();
    let people = company.json(&["list"])[0]["users"].as_i64().unwrap();
    let mut terminal = Terminal::new(&company, &["delete", "corp"]);
    terminal.shows(&format!("remove {people} people who hold no device: ")).shows("more").shows("groups: ");
    terminal.shows("destroy the sign-in").shows("Type corp to delete it").types("yes");
    let (rest, code) = terminal.ends();
    assert_eq!((code, rest.contains("nothing was deleted")), (2, true), "{rest}");
    assert_eq!(company.count("secrets"), 1);

    let mut terminal = Terminal::new(&company, &["delete", "corp"]);
    terminal.shows("Type corp to delete it").types("corp");
    let (rest, code) = terminal.ends();
    assert_eq!((code, rest.contains("corp: deleted")), (0, true), "{rest}");
    assert_eq!((company.json(&["list"]), company.count("secrets")), (json!([]), 0));
}

#[test]
fn forgetting_somebody_wants_their_address_typed() {
    let company = Company::connected();
    let person = company.json(&["users", "--limit", "1"])[0].clone();
    let (id, email) = (person["id"].to_string(), person["email"].as_str().unwrap().to_owned());
    for (typed, code, words) in [("yes", 2, "nobody was forgotten"), (&*email, 0, "forgotten")] {
        let mut terminal = Terminal::new(&company, &["users", "forget", &id]);
        terminal.shows("corp still has them").shows(&format!("Type {email} to forget them")).types(typed);
        let (rest, ended) = terminal.ends();
        assert_eq!((ended, rest.contains(words)), (code, true), "{rest}");
    }
    assert_eq!(company.json(&["users", "show", &id])["email"], json!(null));
    // The directory still has them.
    assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0));
    assert_eq!(
        (&company.json(&["users", "show", &id])["email"], &company.json(&["users", "show", &id])["status"]),
        (&json!(email), &json!("active"))
    );
}

#[test]
fn ctrl_c_leaves_every_question_and_the_wait_for_the_browser() {
    let company = without_client();
    let client = company.world.home().join("client.json");
    let client = client.to_str().unwrap();
    for (arguments, question) in [
        (&["add"][..], "Which directory"),
        (&["add", "google"], "What shall it be called"),
        (&["add", "google", "--name", "corp"], "How do you want to sign in?"),
        (&["add", "google", "--name", "corp", "--no-browser", "--client-secrets", client], "If the browser is on"),
    ] {
        let mut terminal = Terminal::new(&company, arguments);
        terminal.shows(question);
        terminal.0.send("\u{3}").unwrap();
        let (rest, code) = terminal.ends();
        assert_eq!(code, 130, "{arguments:?}: {rest}");
        assert!(!rest.contains("panicked"), "{rest}");
    }
    assert_eq!((company.json(&["list"]), company.count("secrets")), (json!([]), 0));
}

#[test]
fn nobody_is_asked_who_does_not_want_to_be() {
    let company = without_client();
    let (rest, code) = Terminal::new(&company, &["add", "google", "--name", "corp", "--no-input"]).ends();
    assert_eq!((code, rest.contains("--client-secrets FILE")), (2, true), "{rest}");
}
