//! An app of its own right: by certificate, by secret, with files that will not do, and in Microsoft's other clouds.

use std::os::unix::fs::PermissionsExt;

use super::hq::{Hq, refusal};
use super::truth::assert_true;
use crate::program::{assert_refused, assert_told};

#[test]
fn a_certificate_needs_nobody_at_a_browser() {
    let hq = Hq::new();
    let added = hq.world.run(&hq.unattended("--certificate", &hq.certificate_file(), &[]).each());
    assert_eq!(added.code, Some(0), "{added}");
    assert_true(&hq);
    let details = hq.world.json(&["details", "hq"]);
    assert_eq!((&details["method"], details["admin_email"].is_null()), (&"certificate".into(), true), "{details}");
    assert_eq!(details["tenant_name"], "Brightwater");
    assert_eq!(details["scopes_needed"], serde_json::json!(["User.Read.All", "GroupMember.Read.All"]));
    assert_eq!(hq.asked("/authorize"), 0, "nobody signs in");
    hq.sandbox.play_day();
    assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0));
    // From certificate to secret and to a person, and back.
    let secret = hq.secret_file();
    for (arguments, method) in [
        (&["reauth", "hq", "--client-secret-file", secret.to_str().unwrap()][..], "client_secret"),
        (&["reauth", "hq", "--no-browser"], "browser"),
        (&["reauth", "hq", "--certificate", hq.certificate_file().to_str().unwrap()], "certificate"),
    ] {
        let again = hq.sign_in(arguments, &hq.sandbox.admin_upn(), &[]);
        assert_eq!(again.code, Some(0), "{again}");
        assert_eq!(hq.world.json(&["details", "hq"])["method"], method);
        assert_eq!(hq.world.run(&["sync", "hq"]).code, Some(0), "{method}");
    }
    let kinds = hq.world.column("SELECT kind FROM secrets ORDER BY kind");
    assert_eq!(kinds.len(), 1, "what is not used any more is not kept: {kinds:?}");
}

#[test]
fn a_domain_will_do_for_the_organisation() {
    let hq = Hq::new();
    let (client, file) = (hq.sandbox.client_id(), hq.secret_file());
    let file = file.to_str().unwrap();
    let add = |tenant| {
        ["add", "entra", "--name", "hq", "--client-id", &client, "--tenant", tenant, "--client-secret-file", file]
    };
    assert_refused(&hq.world.run(&add("nowhere.example")), 1, &["no such organisation", "--tenant"]);
    hq.assert_nothing_stored();
    let added = hq.world.run(&add("brightwater.example"));
    assert_eq!(added.code, Some(0), "{added}");
    assert_eq!(hq.world.json(&["details", "hq"])["tenant"], hq.sandbox.tenant_id());
}

#[test]
fn files_that_others_may_read_are_refused_with_the_command_that_mends_them() {
    let hq = Hq::new();
    for (flag, file) in [("--certificate", hq.certificate_file()), ("--client-secret-file", hq.secret_file())] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let refused = hq.world.run(&hq.unattended(flag, &file, &[]).each());
        let name = file.file_name().unwrap().to_str().unwrap();
        assert_refused(&refused, 1, &["0644", &format!("chmod 600 [HOME]/{name}")]);
        hq.assert_nothing_stored();
    }
    assert_eq!(hq.asked_in_all(), 0, "nothing is sent for a secret that is none");
}

#[test]
fn files_that_are_not_what_they_should_be_are_told_apart() {
    let hq = Hq::new();
    let whole = hq.sandbox.certificate_pem();
    let certificate = &whole[whole.find("-----BEGIN CERTIFICATE").unwrap()..];
    let key = whole.replace(certificate, "");
    for (flag, name, text, words) in [
        ("--certificate", "page.pem", "<!DOCTYPE html>", "no RSA private key"),
        ("--certificate", "half.pem", certificate, "no RSA private key"),
        ("--certificate", "key.pem", &*key, "holds no certificate, only a key"),
        ("--client-secret-file", "empty.txt", "\n", "is empty"),
        ("--client-secret-file", "app.txt", &*whole, "give it as --certificate"),
        ("--client-secret-file", "two.txt", "a secret", "more than a secret"),
    ] {
        let path = hq.world.file(name, text);
        let refused = hq.world.run(&hq.unattended(flag, &path, &[]).each());
        assert_refused(&refused, 1, &[name, words]);
    }
    let none = hq.world.home().join("none.pem");
    assert_refused(
        &hq.world.run(&hq.unattended("--certificate", &none, &[]).each()),
        1,
        &["none.pem", "does not exist"],
    );
    hq.assert_nothing_stored();
}

#[test]
fn what_microsoft_does_not_accept_says_which_secret_or_certificate_to_make() {
    let hq = Hq::new();
    let wrong = hq.world.file("wrong.txt", "8Q~a-secret-of-somebody-else");
    assert_refused(&hq.world.run(&hq.by_secret(&wrong, &[]).each()), 1, &["AADSTS7000215", "Value, not its Secret ID"]);
    for (flag, file, number, words) in [
        ("--client-secret-file", hq.secret_file(), 7_000_222, "has expired"),
        ("--certificate", hq.certificate_file(), 700_027, "upload it"),
        ("--certificate", hq.certificate_file(), 700_024, "clock"),
        ("--certificate", hq.certificate_file(), 7_000_112, "disabled"),
    ] {
        hq.inject("token", refusal("invalid_client", number));
        let refused = hq.world.run(&hq.unattended(flag, &file, &[]).each());
        assert_refused(&refused, 1, &[&format!("AADSTS{number}"), words, "dirsync add entra --name hq"]);
        hq.sandbox.clear_faults();
    }
    hq.assert_nothing_stored();
}

#[test]
fn a_secret_that_expires_later_keeps_the_people_and_reauth_mends_it() {
    let hq = Hq::connected();
    let before = hq.world.contents();
    hq.inject("token", refusal("invalid_client", 7_000_222));
    let told = assert_told(&hq.world.run(&["sync", "hq", "-o", "json"]), 1, "secret has expired");
    assert!(told["hint"].as_str().unwrap().contains("dirsync reauth hq --client-secret-file FILE"), "{told}");
    assert_eq!((hq.status(), hq.world.contents()), ("misconfigured".into(), before));
    hq.sandbox.clear_faults();
    let certificate = hq.certificate_file();
    let again = hq.world.run(&["reauth", "hq", "--certificate", certificate.to_str().unwrap()]);
    assert_eq!(again.code, Some(0), "{again}");
    assert_eq!(hq.status(), "connected");
}

#[test]
fn another_cloud_is_asked_by_its_own_names() {
    let hq = Hq::new();
    for (cloud, graph) in [
        ("usgov", "graph.microsoft.us"),
        ("usgov-dod", "dod-graph.microsoft.us"),
        ("china", "microsoftgraph.chinacloudapi.cn"),
    ] {
        let mut asked = String::new();
        let arguments = ["add", "entra", "--name", "hq", "--no-browser", "--cloud", cloud];
        let refused = hq.world.sign_in_by(&arguments, |url| {
            asked = url.query_pairs().find(|(key, _)| key == "scope").unwrap().1.into_owned();
            hq.visit(crate::program::back(url, &[("error", "access_denied")]));
        });
        assert_refused(&refused, 4, &["dirsync add entra --name hq"]);
        for permission in ["User.Read.All", "GroupMember.Read.All", "User.Read"] {
            let full = format!("https://{graph}/{permission}");
            assert!(asked.split(' ').any(|scope| scope == full), "{full} is not in {asked}");
        }
    }
    // A token of the global cloud's is nothing in another.
    let arguments = ["add", "entra", "--name", "hq", "--no-browser", "--cloud", "usgov"];
    let refused = hq.sign_in(&arguments, &hq.sandbox.admin_upn(), &[]);
    assert_ne!(refused.code, Some(0), "{refused}");
    hq.assert_nothing_stored();
}
