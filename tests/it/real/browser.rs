//! Signing in with a real Chromium: what a person sees and presses, through chromedriver.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::entra::hq::{BY_BROWSER, Hq};
use crate::google::company::Company;
use crate::world::{Outcome, World};

const ADD: [&str; 5] = ["add", "google", "--name", "corp", "--no-browser"];

/// One Chromium with a fresh profile, gone when dropped.
struct Browser {
    driver: Child,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    fn open() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = said
            .find_map(|line| {
                Some(line.unwrap().split_once("successfully on port ")?.1.trim_end_matches('.').to_owned())
            })
            .unwrap();
        // Whatever else it says must not block it.
        std::thread::spawn(move || said.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        #[expect(clippy::disallowed_methods, reason = "this speaks to chromedriver, not to a directory")]
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        let mut browser = Self {
            driver,
            http,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            session: format!("http://127.0.0.1:{port}/session"),
            _profile: profile,
        };
        let options = json!({ "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-dev-shm-usage", "--no-proxy-server", "--window-size=1000,900",
            format!("--user-data-dir={}", browser._profile.path().display()),
        ]});
        let begun = browser.post("", &json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options }}}));
        browser.session = format!("{}/{}", browser.session, begun["sessionId"].as_str().unwrap());
        browser
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Value {
        self.runtime.block_on(async {
            let answer: Value = request.send().await.unwrap().json().await.unwrap();
            assert!(answer["value"]["error"].is_null(), "{answer}");
            answer["value"].clone()
        })
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.send(self.http.post(format!("{}{path}", self.session)).json(body))
    }

    fn go(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// What `script` returns in the page.
    fn ask(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The page's heading and its text, as a person reads them.
    fn page(&self) -> (String, String) {
        let text = |selector: &str| {
            let found = self.ask(&format!("return document.querySelector('{selector}')?.innerText ?? ''"));
            found.as_str().unwrap().to_owned()
        };
        (text("h1"), text("body"))
    }

    /// Clicks what is at this XPath; there must be exactly one.
    fn click(&self, xpath: &str) {
        let found = self.post("/elements", &json!({ "using": "xpath", "value": xpath }));
        let found = found.as_array().unwrap();
        assert_eq!(found.len(), 1, "{xpath} is on the page once: {:?}", self.page());
        let id = found[0].as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// The page that dirsync itself serves, once the browser has arrived there.
    fn last_page(&self) -> (String, String) {
        for _ in 0..100 {
            let (heading, text) = self.page();
            if heading.contains("dirsync") && !heading.contains("wants access") && !text.contains("Pretend ") {
                return (heading, text);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the browser does not come back: {:?}", self.page())
    }

    /// Keeps a picture of the page where `DIRSYNC_SCREENSHOTS` names a folder.
    #[expect(clippy::disallowed_methods, reason = "how one asks a test for pictures")]
    fn picture(&self, name: &str) {
        use base64::Engine;
        let Some(folder) = std::env::var_os("DIRSYNC_SCREENSHOTS") else { return };
        let shot = self.send(self.http.get(format!("{}/screenshot", self.session)));
        let png = base64::engine::general_purpose::STANDARD.decode(shot.as_str().unwrap()).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), png).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium ends with its session; without this it would outlive the driver.
        let _ = self.runtime.block_on(async { self.http.delete(&self.session).send().await });
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Adds `corp`, doing `visit` on the consent page; returns what the program said and the last page's heading and text.
fn sign_in(company: &Company, visit: impl Fn(&Browser)) -> (Outcome, String, String) {
    sign_in_to(&company.world, &ADD, visit)
}

fn sign_in_to(world: &World, add: &[&str], visit: impl Fn(&Browser)) -> (Outcome, String, String) {
    let mut last = None;
    let outcome = world.sign_in_by(add, |url| {
        let browser = Browser::open();
        browser.go(url.as_str());
        visit(&browser);
        last = Some(browser.last_page());
        browser.picture(&format!("last-{}", last.as_ref().unwrap().0.replace(' ', "-")));
    });
    let (heading, text) = last.unwrap_or_else(|| panic!("no address to sign in at: {outcome}"));
    (outcome, heading, text)
}

#[test]
#[ignore = "needs Chromium and chromedriver"]
fn who_presses_allow_in_a_browser_is_connected_and_told_so() {
    let company = Company::new();
    let (outcome, heading, text) = sign_in(&company, |browser| {
        let (asks, page) = browser.page();
        assert!(asks.contains("wants access"), "{asks}");
        assert!(page.contains(&company.sandbox.admin_email()), "{page}");
        browser.picture("consent");
        browser.click("//button[normalize-space()='Allow']");
    });
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(heading, "dirsync is connected");
    assert!(text.contains(&format!("Signed in as {}", company.sandbox.admin_email())), "{text}");
    assert!(text.contains("You may close this window"), "{text}");
    assert_eq!(company.json(&["list"])[0]["admin_email"], *company.sandbox.admin_email());
}

#[test]
#[ignore = "needs Chromium and chromedriver"]
fn who_presses_decline_in_a_browser_reads_why_it_did_not_work() {
    let company = Company::new();
    let (outcome, heading, text) = sign_in(&company, |browser| browser.click("//button[normalize-space()='Decline']"));
    assert_eq!(outcome.code, Some(4), "{outcome}");
    assert_eq!(heading, "dirsync was not connected");
    assert!(text.to_lowercase().contains("declined") && text.contains("Nothing was stored"), "{text}");
    assert!(outcome.stderr.contains("declined"), "{outcome}");
    assert_eq!(company.json(&["list"]), json!([]));
}

#[test]
#[ignore = "needs Chromium and chromedriver"]
fn who_unticks_a_box_in_a_browser_reads_which_permission_is_missing() {
    let company = Company::new();
    let (outcome, heading, text) = sign_in(&company, |browser| {
        browser.click(
            "//input[@name='granted'][contains(@value, 'group.member') or contains(@value, 'directory.group')][1]",
        );
        browser.click("//button[normalize-space()='Allow']");
    });
    assert_eq!(outcome.code, Some(4), "{outcome}");
    assert_eq!(heading, "dirsync was not connected");
    assert!(text.contains("admin.directory.group"), "{text}");
    assert_eq!(company.json(&["list"]), json!([]));
}

#[test]
#[ignore = "needs Chromium and chromedriver"]
fn who_goes_back_to_the_consent_page_after_it_worked_stays_connected() {
    let company = Company::new();
    let (outcome, _, _) = sign_in(&company, |browser| {
        let address = browser.ask("return location.href");
        browser.click("//button[normalize-space()='Allow']");
        browser.last_page();
        browser.go(address.as_str().unwrap());
        // Back to the address of the redirect, where nobody may listen any more, or the same page again.
        browser.post("/back", &json!({}));
    });
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(company.json(&["list"])[0]["status"], "connected");
}

#[test]
#[ignore = "needs Chromium and chromedriver"]
fn who_accepts_on_microsofts_page_is_connected_on_either_loopback_address() {
    let hq = Hq::new();
    let (outcome, heading, text) = sign_in_to(&hq.world, BY_BROWSER, |browser| {
        let (asks, page) = browser.page();
        assert!(asks.contains("Permissions requested"), "{asks}");
        assert!(page.contains(&hq.sandbox.admin_upn()), "{page}");
        browser.picture("microsoft-consent");
        browser.click(&format!("//input[@name='account'][@value='{}']", hq.sandbox.admin_upn()));
        browser.click("//button[normalize-space()='Accept']");
    });
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert_eq!(heading, "dirsync is connected");
    assert!(text.contains("You may close this window"), "{text}");
    assert_eq!(hq.world.json(&["list"])[0]["admin_email"], *hq.sandbox.admin_upn());
}

#[test]
#[ignore = "needs Chromium and chromedriver"]
fn who_cancels_on_microsofts_page_reads_why_it_did_not_work() {
    let hq = Hq::new();
    let (outcome, heading, text) =
        sign_in_to(&hq.world, BY_BROWSER, |browser| browser.click("//button[normalize-space()='Cancel']"));
    assert_eq!(outcome.code, Some(4), "{outcome}");
    assert_eq!(heading, "dirsync was not connected");
    assert!(text.to_lowercase().contains("declined") && text.contains("Nothing was stored"), "{text}");
    assert_eq!(hq.world.json(&["list"]), json!([]));
}
