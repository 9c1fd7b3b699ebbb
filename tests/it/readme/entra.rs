//! The chapter on Entra: its commands work as they stand against the pretend tenant, its tables are the program's.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use dirsync::auth::entra::{APPLICATION, Cloud, DELEGATED};
use dirsync::clock::Clock;
use dirsync::http::{Client, ClientOptions};
use dirsync::sandbox::entra::{Options, Sandbox};

use super::{README, calls, of_language, spans, table};
use crate::world::{Outcome, World};

const NUMBERS: &str = include_str!("../../../src/auth/entra/error_table.rs");

/// README's reader: a home, and the pretend tenant in Microsoft's place.
struct Reader {
    world: World,
    tenant: Sandbox,
    runtime: tokio::runtime::Runtime,
}

impl Reader {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let tenant = runtime.block_on(Sandbox::start(Options::small(Clock::system()))).unwrap();
        let mut world = World::in_real_time();
        for (name, value) in tenant.environment() {
            world.set(name, &value);
        }
        world.set("DIRSYNC_KEY_STORE", "file");
        Self { world, tenant, runtime }
    }

    /// A private file in the home.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.world.home().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A call of README's with the reader's own values.
    fn own(&self, words: &[String]) -> Vec<String> {
        let file = |name, text: &str| self.file(name, text).display().to_string();
        let mut own: Vec<String> = Vec::new();
        for word in words {
            let value = match own.last().map(String::as_str) {
                Some("--client-id") => self.tenant.client_id(),
                Some("--tenant") => "brightwater.example".to_owned(),
                Some("--certificate") => file("dirsync.pem", &self.tenant.certificate_pem()),
                Some("--client-secret-file") => file("secret.txt", &self.tenant.client_secret()),
                _ => word.clone(),
            };
            own.push(value);
        }
        own
    }

    /// Runs it, an administrator following every address and typing every code that it shows.
    fn run(&self, words: &[String]) -> Outcome {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut child = self.world.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut talk = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Ok(mut url) = line.parse::<url::Url>() {
                url.query_pairs_mut().append_pair("sandbox_account", &self.tenant.admin_upn());
                if let Some(redirect) = self.visit(url) {
                    self.visit(redirect);
                }
            } else if line.contains("type this code") {
                self.tenant.approve_device(&self.tenant.admin_upn(), false).unwrap();
            }
            talk += &(line + "\n");
        }
        let output = child.wait_with_output().unwrap();
        self.world.outcome(&words, output.status.code(), output.stdout, talk.into_bytes())
    }

    fn visit(&self, url: url::Url) -> Option<url::Url> {
        let client = Client::new(&ClientOptions { silence: Duration::from_secs(5), ..ClientOptions::default() });
        self.runtime.block_on(client.unwrap().visit(url)).ok().flatten()
    }
}

fn is_add(words: &[String]) -> bool {
    words.len() > 2 && words[..2] == ["add", "entra"]
}

#[test]
fn its_commands_connect_and_sign_in_again() {
    let calls = calls();
    // Another cloud's tokens are issued by another name than the pretend tenant's.
    let adds: Vec<_> = calls.iter().filter(|words| is_add(words) && !words.contains(&"--cloud".to_owned())).collect();
    assert!(adds.len() >= 7, "{adds:?}");
    for flag in ["--no-browser", "--admin-consent", "--device-code", "--certificate", "--client-secret-file"] {
        assert!(adds.iter().any(|words| words.contains(&flag.to_owned())), "README never shows {flag}");
    }
    let mut last = None;
    for words in adds {
        let reader = Reader::new();
        let added = reader.run(&reader.own(words));
        assert_eq!(added.code, Some(0), "{added}");
        let listed = reader.world.run(&["list", "-o", "json"]).json();
        assert_eq!((&listed[0]["name"], &listed[0]["kind"]), (&"hq".into(), &"entra".into()));
        assert_eq!((&listed[0]["status"], &listed[0]["last_sync_outcome"]), (&"connected".into(), &"done".into()));
        last = Some(reader);
    }
    let reader = last.unwrap();
    let about_it = |words: &&Vec<String>| words.len() > 1 && words[1] == "hq";
    let later: Vec<_> = calls.iter().filter(about_it).collect();
    assert!(later.len() >= 5, "{later:?}");
    for words in later {
        let outcome = reader.run(&reader.own(words));
        assert_eq!(outcome.code, Some(0), "{outcome}");
    }
}

#[test]
fn its_certificate_is_made_as_the_program_says() {
    let shown = of_language("sh").into_iter().find(|line| line.starts_with("openssl req")).unwrap();
    let reader = Reader::new();
    let words =
        ["add", "entra", "--name", "x", "--client-id", "1", "--tenant", "a.example", "--certificate", "none.pem"];
    let refused = reader.world.run(&words);
    assert!(refused.stderr.replace("\n  ", " ").contains(&shown), "{shown}\n{refused}");
}

#[test]
#[ignore = "needs openssl"]
fn its_certificate_is_one_that_can_be_signed_in_with() {
    let reader = Reader::new();
    let lines = of_language("sh");
    let start = lines.iter().position(|line| line.starts_with("openssl req")).unwrap();
    let script = lines[start..start + 2].join("\n");
    let home = reader.world.home();
    let made = Command::new("sh").args(["-euc", &script]).current_dir(home).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(home.join("cert.pem").exists() && !home.join("key.pem").exists());
    let add = "add entra --name hq --client-id ID --tenant brightwater.example --certificate dirsync.pem";
    let client_id = reader.tenant.client_id();
    let words: Vec<&str> = add.split(' ').map(|word| if word == "ID" { &client_id } else { word }).collect();
    let refused = reader.world.run(&words);
    // It is read and signed with; that nobody has uploaded it is all that is wrong.
    assert!(refused.stderr.contains("AADSTS700027"), "{refused}");
}

#[test]
fn its_permissions_and_clouds_are_the_programs() {
    for permission in DELEGATED.iter().chain(APPLICATION) {
        assert!(README.contains(&format!("`{permission}`")), "{permission}");
    }
    let rows = table("| `--cloud` | for");
    assert_eq!(rows.len(), Cloud::ALL.len());
    for (row, cloud) in rows.iter().zip(Cloud::ALL) {
        assert_eq!(spans(row[0]), [cloud.as_str()]);
        assert_eq!((spans(row[3]), spans(row[4])), (vec![cloud.login().into()], vec![cloud.graph().into()]));
        let portal = row[2].trim_matches(['<', '>']);
        let file = include_str!("../../../src/auth/entra/cloud.rs");
        assert!(file.contains(&format!("\"{portal}\"")), "{portal}");
    }
}

/// The numbers that the program knows, with the state that each leads to.
fn known_numbers() -> Vec<(String, String)> {
    let mut known = Vec::new();
    for row in NUMBERS.split("row(").skip(1) {
        let Some((numbers, rest)) = row.split_once('[').and_then(|(_, rest)| rest.split_once(']')) else { continue };
        let kind: String = rest.chars().skip_while(|c| !c.is_alphabetic()).take_while(|c| c.is_alphabetic()).collect();
        let numbers = numbers.split(',').map(|number| number.replace(['_', ' ', '\n'], ""));
        known.extend(numbers.map(|number| (number, kind.clone())));
    }
    known
}

#[test]
fn its_numbers_lead_where_it_says() {
    let known = known_numbers();
    assert!(known.len() > 70, "{known:?}");
    let status = |kind: &str| match kind {
        "SignInNeeded" => "sign_in_needed",
        "ConsentNeeded" => "consent_needed",
        "Blocked" => "blocked",
        "Misconfigured" => "misconfigured",
        _ => "",
    };
    let mut told = 0;
    for row in table("| Microsoft says | what it means") {
        for number in spans(row[0]).iter().filter_map(|span| span.strip_prefix("AADSTS").map(str::to_owned)) {
            let kind = known.iter().find(|(known, _)| *known == number).map(|(_, kind)| kind.as_str());
            assert_eq!(kind.map(status), Some(row[3].trim_matches('`')), "AADSTS{number}");
            told += 1;
        }
    }
    assert!(told >= 12, "{told}");
}
