//! `kill -9` at any moment: the database is sound and exactly as before or as after, no sign-in is lost, and the next
//! sync ends equal to the directory. More moments than usual: `DIRSYNC_TEST_KILLS=100`.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use dirsync::clock::Clock;
use dirsync::sandbox::entra::Options;
use dirsync::sandbox::{Fault, Rule};

use super::hq::{BY_BROWSER, Hq, REAUTH, refusal};
use super::truth::assert_true;
use crate::kept::Kept;
use crate::program::address;

/// How many times each command is killed.
#[expect(clippy::disallowed_methods, reason = "how thorough a test is, not how the program behaves")]
fn kills() -> u32 {
    std::env::var("DIRSYNC_TEST_KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(10)
}

/// An organisation, the command to kill there, and how its home was before.
struct Scene {
    hq: Hq,
    arguments: Vec<&'static str>,
    before: Kept,
}

impl Scene {
    fn new(hq: Hq, arguments: &[&'static str]) -> Self {
        let before = Kept::new(hq.world.home());
        Self { hq, arguments: arguments.to_vec(), before }
    }

    /// Starts the command, the administrator following whatever address it prints; returns how it ended when left alone,
    /// or killed after so long, and what it said.
    fn start(&self, kill_after: Option<Duration>) -> (ExitStatus, String) {
        let mut command = self.hq.world.command(&self.arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let talk = child.stderr.take().unwrap();
        std::thread::scope(|scope| {
            let listener = scope.spawn(|| {
                let mut said = String::new();
                for line in BufReader::new(talk).lines().map_while(Result::ok) {
                    if let Some(url) = address(&line) {
                        self.hq.decide(&url, &self.hq.sandbox.admin_upn(), &[]);
                    }
                    said = said + &line + "\n";
                }
                said
            });
            if let Some(after) = kill_after {
                std::thread::sleep(after);
                child.kill().unwrap();
            }
            (child.wait().unwrap(), listener.join().unwrap())
        })
    }

    /// Starts the command, which must work.
    #[track_caller]
    fn works(&self, when: &str) {
        let (status, said) = self.start(None);
        assert!(status.success(), "{when}: {:?} does not work, {status}: {said}", self.arguments);
    }

    /// All that the program shows, and how much history there is.
    fn snapshot(&self) -> Vec<String> {
        let world = &self.hq.world;
        assert_eq!(world.column("PRAGMA integrity_check"), ["ok"]);
        assert_eq!(world.column("SELECT \"table\" FROM pragma_foreign_key_check"), [""; 0]);
        let mut lines = world.contents();
        for sql in [
            "SELECT json_array(name, admin_email, tenant, standing, credentials) FROM integrations ORDER BY id",
            "SELECT json_array(subject, external_id, kind, field, before, after) FROM v1_changes ORDER BY 1",
            "SELECT json_array(id, outcome) FROM v1_runs ORDER BY id",
        ] {
            lines.extend(world.column(sql));
        }
        lines
    }

    /// Kills the command many times, each at another moment of the time that it usually takes.
    fn kill(&self, seed: u64) {
        let before = self.snapshot();
        let clock = Clock::system();
        self.works("untouched");
        let after = self.snapshot();
        assert_ne!(before, after, "{:?} changes nothing", self.arguments);
        self.before.restore();
        let begun = clock.instant();
        self.works("once more");
        let usual = clock.instant().duration_since(begun);
        let (mut random, mut killed, times) = (seed, 0, kills());
        for turn in 0..times {
            self.before.restore();
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let within = f64::from(u32::try_from(random >> 32).unwrap()) / f64::from(u32::MAX);
            let moment = usual.mul_f64(1.1 * (f64::from(turn) + within) / f64::from(times));
            killed += u32::from(self.start(Some(moment)).0.signal() == Some(9));
            let now = self.snapshot();
            let when = format!("{:?}, killed after {moment:?} of {usual:?}, seed {seed}", self.arguments);
            assert!(now == before || now == after, "{when}: neither as before nor as after");
            if now == before {
                self.works(&when);
                assert_eq!(self.snapshot(), after, "{when}: does something else the second time");
            }
            let synced = self.hq.world.run(&["sync", "hq", "--max-removals", "100%"]);
            assert_eq!(synced.code, Some(0), "{when}: {synced}");
            assert_true(&self.hq);
        }
        assert!(killed > times / 4, "only {killed} of {times} were killed before their end");
    }
}

fn unread() -> Hq {
    let hq = Hq::new();
    let added = hq.sign_in(&[BY_BROWSER, &["--no-sync"]].concat(), &hq.sandbox.admin_upn(), &[]);
    assert_eq!(added.code, Some(0), "{added}");
    hq
}

#[test]
fn a_first_sync_killed_at_any_moment_leaves_all_or_nothing() {
    Scene::new(unread(), &["sync", "hq"]).kill(1);
}

#[test]
fn a_later_sync_killed_at_any_moment_leaves_all_or_nothing() {
    let hq = Hq::signed_in();
    hq.sandbox.play_day();
    Scene::new(hq, &["sync", "hq"]).kill(2);
}

#[test]
fn a_connection_killed_at_any_moment_leaves_all_or_nothing() {
    let hq = Hq::new();
    hq.world.sql("");
    Scene::new(hq, &["add", "entra", "--name", "hq", "--no-browser", "--no-sync"]).kill(3);
}

#[test]
fn a_new_sign_in_killed_at_any_moment_leaves_all_or_nothing() {
    let hq = Hq::signed_in();
    hq.inject("token", refusal("invalid_grant", 50_173));
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(4));
    hq.sandbox.clear_faults();
    Scene::new(hq, REAUTH).kill(4);
}

/// Each kill just when a refresh token has been answered, or has just been stored.
#[test]
fn a_sync_killed_around_its_refresh_loses_no_sign_in() {
    let hq = Hq::signed_in();
    for turn in 0..kills() {
        let before = hq.asked("/token");
        let mut command = hq.world.command(&["sync", "hq"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while hq.asked("/token") == before && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_millis(u64::from(turn % 10) * 2));
        child.kill().unwrap();
        child.wait().unwrap();
        let synced = hq.world.run(&["sync", "hq"]);
        assert_eq!(synced.code, Some(0), "turn {turn}: {synced}");
    }
    assert_true(&hq);
}

/// Pages so small that a first round takes many requests.
fn many_pages() -> Hq {
    let small = Options::small(Clock::system());
    let latency = Duration::from_millis(10);
    Hq::with(Options { users: 300, groups: 60, users_per_page: 10, groups_per_page: 3, latency, ..small })
}

#[test]
fn a_first_round_that_was_killed_goes_on_where_it_was() {
    let hq = many_pages();
    let added = hq.sign_in(&[BY_BROWSER, &["--no-sync"]].concat(), &hq.sandbox.admin_upn(), &[]);
    assert_eq!(added.code, Some(0), "{added}");
    let before = Kept::new(hq.world.home());
    let from = hq.asked_in_all();
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    let pages = |lines: &[String]| lines.iter().filter(|line| line.contains("/delta?")).count();
    let whole = pages(&hq.asked_since(from));
    assert!(whole > 30, "{whole} pages are few");
    for share in [3, 2] {
        before.restore();
        let from = hq.asked_in_all();
        let mut command = hq.world.command(&["sync", "hq"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while pages(&hq.asked_since(from)) < whole * (share - 1) / share && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(hq.world.count("v1_users"), 0, "nothing is half there");
        // Meanwhile the directory lives on.
        hq.sandbox.play_day();
        let from = hq.asked_in_all();
        let resumed = hq.world.run(&["sync", "hq"]);
        assert_eq!(resumed.code, Some(0), "{resumed}");
        let asked = hq.asked_since(from);
        assert!(pages(&asked) < whole * 3 / 4, "{} of {whole} pages were asked again", pages(&asked));
        assert_eq!(hq.world.run(&["sync", "hq", "--max-removals", "100%"]).code, Some(0));
        assert_true(&hq);
    }
}

#[test]
fn a_first_round_that_failed_goes_on_where_it_was_unless_its_links_have_expired() {
    for expired in [false, true] {
        let hq = many_pages();
        hq.sandbox.inject(Rule::new("users/delta", Fault::UnavailableHtml).after(20));
        let added = hq.add_by_browser();
        assert_eq!(added.code, Some(75), "{added}");
        hq.sandbox.clear_faults();
        if expired {
            hq.sandbox.expire_cursors();
        }
        let from = hq.asked_in_all();
        assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
        let begun = hq.asked_since(from).iter().any(|line| line.contains("/users/delta?") && line.contains("select="));
        assert_eq!(begun, expired);
        assert_true(&hq);
    }
}
