//! Each row of Entra's errors: what can be done about it, and that people are told.

use std::collections::BTreeSet;

use super::world::{CLIENT, TID};
use crate::auth::Refusal;
use crate::auth::entra::app::App;
use crate::auth::entra::error_table::{ROWS, row_of};
use crate::auth::entra::errors::Asked;
use crate::auth::entra::{Cloud, Overrides};
use crate::model::FailureKind::{Blocked, ConsentNeeded, Misconfigured, Refused, SignInNeeded, Temporary};
use crate::model::{Failure, FailureKind};

fn app() -> App {
    App {
        client_id: CLIENT.into(),
        cloud: Cloud::Global,
        overrides: Overrides::default(),
        tenant: TID.into(),
        again: "dirsync reauth hq".into(),
    }
}

fn refusal(error: &str, subtype: Option<&str>, codes: &[u32]) -> Refusal {
    Refusal {
        error: error.into(),
        subtype: subtype.map(str::to_owned),
        codes: codes.to_vec(),
        description: Some("AADSTS1: The account ada@hq.example …\r\nTrace ID: t".into()),
        correlation_id: Some("c-1".into()),
        status: 400,
        ..Refusal::default()
    }
}

fn explained(error: &str, subtype: Option<&str>, codes: &[u32]) -> Failure {
    app().explain(&refusal(error, subtype, codes), Asked::Refresh)
}

/// The reference's table: what each number comes with, and what it has to become.
#[test]
fn every_row_has_its_state_a_sentence_and_a_way_out() {
    let table: &[(&str, &[u32], FailureKind, &str)] = &[
        ("invalid_grant", &[700_082, 70_008], SignInNeeded, "dirsync reauth hq"),
        ("invalid_grant", &[70_043], SignInNeeded, "dirsync reauth hq"),
        ("invalid_grant", &[50_173], SignInNeeded, "dirsync reauth hq"),
        ("invalid_grant", &[50_132, 50_133, 50_089, 700_084], SignInNeeded, "dirsync reauth hq"),
        ("interaction_required", &[50_076, 50_079, 50_074, 50_072, 50_078], SignInNeeded, "dirsync reauth hq"),
        ("invalid_grant", &[53_003, 53_000, 53_001, 53_002, 530_032, 50_131, 53_011], Blocked, "Conditional Access"),
        ("interaction_required", &[530_035, 50_097], Blocked, "administrator"),
        ("invalid_grant", &[65_001], ConsentNeeded, "adminconsent?client_id="),
        ("access_denied", &[90_094, 90_095, 90_008, 90_093], ConsentNeeded, "adminconsent?client_id="),
        ("access_denied", &[65_004], SignInNeeded, "dirsync reauth hq"),
        ("invalid_client", &[65_005, 650_056, 650_057, 650_052], Misconfigured, "API permissions"),
        ("invalid_client", &[7_000_215, 70_002], Misconfigured, "--client-secret-file"),
        ("invalid_client", &[7_000_222], Misconfigured, "Certificates & secrets"),
        ("invalid_client", &[700_027, 50_012, 700_030, 500_133], Misconfigured, "clock"),
        ("invalid_client", &[7_000_218], Misconfigured, "Allow public client flows"),
        ("invalid_client", &[700_025], Misconfigured, "--client-secret-file"),
        ("unauthorized_client", &[700_016, 700_011, 70_001, 7_000_112], Misconfigured, "--client-id"),
        ("invalid_request", &[90_002, 50_059, 50_128, 90_019], Misconfigured, "--tenant"),
        ("invalid_request", &[50_194, 90_130, 90_124], Misconfigured, "--tenant"),
        ("invalid_request", &[50_011], Misconfigured, "http://localhost"),
        ("invalid_grant", &[50_020, 16_000, 50_034, 51_004, 90_072, 50_014], SignInNeeded, "administrator"),
        ("invalid_grant", &[50_057, 50_053, 50_055, 50_105], Blocked, "administrator"),
        ("invalid_request", &[90_038, 900_382, 900_432, 90_051], Misconfigured, "--cloud"),
        ("invalid_grant", &[50_196], Temporary, "wait"),
        ("temporarily_unavailable", &[90_033, 90_006, 90_024, 90_090, 50_033, 50_087, 90_055], Temporary, "try again"),
    ];
    let mut seen = BTreeSet::new();
    for (error, codes, kind, hint) in table {
        for code in *codes {
            let failure = explained(error, None, &[*code]);
            let told = format!("{failure:?}");
            assert_eq!(failure.kind, *kind, "{code}: {told}");
            assert_eq!((failure.reason, failure.status), (Some(format!("AADSTS{code}")), Some(400)));
            assert!(failure.hint.unwrap().contains(hint), "{code}: {told}");
            assert!(!told.contains("ada@hq.example") && !told.contains('{'.to_string().repeat(2).as_str()), "{told}");
            seen.insert(*code);
        }
    }
    for row in ROWS {
        for code in row.codes {
            assert_eq!(row_of(*code).unwrap().message, row.message, "{code} is in two rows");
            seen.remove(code);
        }
        for text in [row.message, row.hint] {
            assert!(!text.ends_with('.') && !text.is_empty(), "{text}");
            let places = ["{again}", "{consent}", "{portal}", "{client}"];
            let rest = places.iter().fold(text.to_owned(), |rest, place| rest.replace(place, ""));
            assert!(!rest.contains(['{', '}']), "{text}");
        }
    }
    assert!(seen.is_empty(), "not in the table: {seen:?}");
}

#[test]
fn an_unknown_number_lands_where_error_and_suberror_say() {
    for (error, subtype, kind) in [
        ("invalid_grant", None, SignInNeeded),
        ("invalid_grant", Some("bad_token"), SignInNeeded),
        ("invalid_grant", Some("token_expired"), SignInNeeded),
        ("invalid_grant", Some("basic_action"), SignInNeeded),
        ("invalid_grant", Some("user_password_expired"), SignInNeeded),
        ("invalid_grant", Some("additional_action"), Blocked),
        ("interaction_required", Some("message_only"), Blocked),
        ("invalid_grant", Some("consent_required"), ConsentNeeded),
        ("invalid_grant", Some("client_mismatch"), Misconfigured),
        ("consent_required", None, ConsentNeeded),
        ("permission_denied", None, ConsentNeeded),
        ("interaction_required", None, SignInNeeded),
        ("login_required", None, SignInNeeded),
        ("access_denied", None, Blocked),
        ("invalid_client", None, Misconfigured),
        ("unauthorized_client", None, Misconfigured),
        ("invalid_request", None, Misconfigured),
        ("invalid_resource", None, Misconfigured),
        ("invalid_scope", None, Misconfigured),
        ("invalid_tenant", None, Misconfigured),
        ("temporarily_unavailable", None, Temporary),
        ("server_error", None, Temporary),
        ("something_new", None, Refused),
    ] {
        for codes in [&[][..], &[999_999], &[1, 2]] {
            let failure = explained(error, subtype, codes);
            assert_eq!(failure.kind, kind, "{error} {subtype:?}: {failure}");
            assert!(failure.hint.is_some() && !failure.message.contains("ada@"), "{failure:?}");
        }
    }
    assert_eq!(explained("invalid_grant", None, &[999_999]).reason.as_deref(), Some("AADSTS999999"));
    // The second of several numbers may be the one that is known.
    assert_eq!(explained("invalid_grant", None, &[1, 50_173]).reason.as_deref(), Some("AADSTS50173"));
}

#[test]
fn a_number_does_not_stand_against_what_the_error_is_sure_of() {
    assert_eq!(explained("server_error", None, &[700_082]).kind, Temporary);
    assert_eq!(explained("temporarily_unavailable", None, &[7_000_215]).kind, Temporary);
    assert_eq!(explained("invalid_grant", Some("consent_required"), &[50_076]).kind, ConsentNeeded);
}

#[test]
fn the_same_error_means_what_was_asked() {
    let explained = |error: &str, asked| app().explain(&refusal(error, None, &[]), asked);
    assert!(explained("invalid_grant", Asked::Code).message.contains("took too long"));
    assert!(explained("invalid_grant", Asked::Refresh).message.contains("expired or was revoked"));
    assert_eq!(explained("invalid_grant", Asked::Unattended).kind, Misconfigured);
    assert_eq!(explained("access_denied", Asked::Redirect).kind, SignInNeeded);
    assert_eq!(explained("access_denied", Asked::Refresh).kind, Blocked);
    let device = app().explain(&refusal("invalid_grant", None, &[53_003]), Asked::Device);
    assert!(device.kind == Blocked && device.hint.unwrap().contains("use the browser"));
}
