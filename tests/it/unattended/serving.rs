//! `serve --sync`: what is due is synced while it runs, what changes meanwhile is heeded, and being stopped in the middle of
//! a sync leaves nothing behind.

use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dirsync::sandbox::{Fault, Rule};

use super::due::age;
use crate::google::company::Company;
use crate::running::Running;
use crate::world::World;

const ALONE: &[&str] = &["serve", "--sync"];

fn serving(company: &Company) -> Running {
    let server = Running::start(company.world.command(ALONE));
    server.hears("nothing is pushed, so nobody listens");
    server
}

#[track_caller]
fn ends_well(mut server: Running) -> Vec<String> {
    server.signal("-TERM");
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said:?}");
    said
}

#[test]
fn what_is_due_is_synced_with_a_line_for_each_and_without_names() {
    let company = Company::connected();
    company.sandbox.play_day();
    age(&company, 5);
    let server = serving(&company);
    let said = server.hears("memberships in");
    assert!(said.last().unwrap().contains("corp: ") && said.last().unwrap().contains("joined"), "{said:?}");
    assert!(!said.iter().any(|line| line.contains('@')), "{said:?}");
    // Due again: seen at the next look, to which a signal invites.
    age(&company, 5);
    server.signal("-HUP");
    server.hears("corp: ");
    assert_eq!(company.count("runs"), 3);
    ends_well(server);
}

#[test]
fn what_is_pushed_is_taken_in_beside_it() {
    let company = Company::connected();
    company.world.add_scim("okta", &[]);
    age(&company, 5);
    let server = Running::start(company.world.command(&[ALONE, &["--listen", "127.0.0.1:0"]].concat()));
    let address = server.hears("listening on ").pop().unwrap();
    server.hears("corp: ");
    TcpStream::connect(address.rsplit('/').next().unwrap()).unwrap();
    let said = ends_well(server);
    assert!(!said.iter().any(|line| line.contains("nobody listens")), "{said:?}");
}

#[test]
fn what_is_added_changed_or_signed_in_again_is_seen_without_a_restart() {
    let company = Company::new();
    let server = serving(&company);
    assert_eq!(company.add_by_key("corp").code, Some(0));
    age(&company, 1);
    assert_eq!(company.world.run(&["set", "corp", "--interval", "15m"]).code, Some(0));
    server.signal("-HUP");
    server.hears("corp: ");
    company.world.sql("UPDATE integrations SET standing = 'sign_in_needed', standing_reason = 'it was revoked'");
    age(&company, 1);
    server.signal("-HUP");
    server.hears("error: corp: it was revoked");
    company.world.sql("UPDATE integrations SET standing = 'connected', standing_reason = NULL");
    server.signal("-HUP");
    server.hears("corp: ");
    // Nobody listens for what is pushed from now on, which is told once.
    company.world.add_scim("okta", &[]);
    server.signal("-HUP");
    server.hears("start 'dirsync serve' anew");
    ends_well(server);
}

/// Counts how often the server has looked what is due: it tells the service manager each time. One that wants a sign of life
/// every four seconds has it look every second.
struct Looks(Arc<AtomicUsize>);

impl Looks {
    fn of(world: &mut World) -> Self {
        let path = world.home().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        world.set("NOTIFY_SOCKET", path.to_str().unwrap()).set("WATCHDOG_USEC", "4000000");
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&looks);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length) = socket.recv(&mut bytes) {
                if bytes[..length].starts_with(b"STATUS=") {
                    counted.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Self(looks)
    }

    /// Until there were two more, so that one began after this was asked for.
    fn again(&self) {
        let enough = self.0.load(Ordering::SeqCst) + 2;
        for _ in 0..1200 {
            if self.0.load(Ordering::SeqCst) >= enough {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it does not look");
    }
}

#[test]
fn it_looks_by_itself_and_what_stands_is_told_once_and_a_lock_held_elsewhere_is_nothing_to_tell() {
    let mut company = Company::connected();
    let looks = Looks::of(&mut company.world);
    age(&company, 5);
    let id = dirsync::model::IntegrationId(1);
    let now = "2026-11-24T08:00:00Z".parse().unwrap();
    let lock = dirsync::sync::IntegrationLock::acquire(&company.world.home().join("locks"), id, "sync", now).unwrap();
    let server = serving(&company);
    looks.again();
    let runs = company.count("runs");
    drop(lock);
    let said = server.hears("memberships in");
    assert!(!said.iter().any(|line| line.contains("error") || line.contains("warning")), "{said:?}");
    assert_eq!(company.count("runs"), runs + 1);
    company.world.sql("UPDATE integrations SET standing = 'blocked', standing_reason = 'a policy'");
    server.hears("error: corp: a policy");
    looks.again();
    let said = ends_well(server);
    assert!(!said.iter().any(|line| line.contains("error")), "{said:?}");
}

#[test]
fn being_stopped_in_the_middle_of_a_sync_breaks_it_off_and_writes_that_down() {
    for (signal, code) in [("-TERM", 0), ("-INT", 130)] {
        let company = Company::connected();
        company.sandbox.play_day();
        let before = company.contents();
        company.sandbox.inject(Rule::new("groups", Fault::Slow { ms: 600_000 }));
        age(&company, 5);
        let asked = company.asked();
        let mut server = serving(&company);
        company.until_asked(asked);
        server.signal(signal);
        let (ended, said) = server.end();
        assert_eq!(ended, Some(code), "{said:?}");
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(company.contents(), before);
        let error = company.world.column("SELECT error FROM runs ORDER BY id DESC LIMIT 1").swap_remove(0);
        assert_eq!(error, "stopped before everything was fetched; nothing was changed");
        company.sandbox.clear_faults();
        assert_eq!(company.world.run(&["sync", "corp"]).code, Some(0), "its lock is gone with it");
        assert_ne!(company.contents(), before);
    }
}

#[test]
fn settings_are_read_anew_when_told_and_wrong_ones_are_not_used() {
    let company = Company::connected();
    let server = serving(&company);
    company
        .world
        .config("max_removals = \"100%\"\nlisten = [\"127.0.0.1:9\"]\n[hooks]\non_change = \"touch hooked\"\n");
    server.signal("-HUP");
    server.hears("in force only from the next start on: listen");
    server.hears("the settings were read anew");
    company.world.config("max_removals = \"many\"\n");
    server.signal("-HUP");
    let said = server.hears("the settings in use stay");
    assert!(said.last().unwrap().contains("config.toml, line 1: max_removals: "), "{said:?}");
    company.sandbox.vanish(40, true);
    age(&company, 5);
    server.signal("-HUP");
    let said = server.hears("corp: ");
    assert!(said.last().unwrap().contains(" left"), "{said:?}");
    // The hook is told after the line was said.
    let hooked = company.world.home().join("hooked");
    assert!((0..3000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        hooked.exists()
    }));
    ends_well(server);
    company.world.config("");
    assert_eq!(company.json(&["plans"]), serde_json::json!([]));
}
