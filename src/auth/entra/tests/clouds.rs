//! Microsoft's clouds: addresses, names of permissions, issuers; and what the administrator sets instead.

use serde_json::json;

use super::world::{CLIENT, TID};
use crate::auth::entra::addresses::{Authority, ORGANIZATIONS};
use crate::auth::entra::{Cloud, Overrides, SERVICE, permissions};

#[test]
fn each_cloud_has_its_addresses_permissions_and_issuers() {
    for (cloud, word, login, graph) in [
        (Cloud::Global, "global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        (Cloud::Usgov, "usgov", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        (Cloud::UsgovDod, "usgov-dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        (Cloud::China, "china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ] {
        assert_eq!((cloud.as_str(), Cloud::parse(word)), (word, Some(cloud)));
        assert_eq!(serde_json::to_value(cloud).unwrap(), json!(word), "remembered by the same word");
        let authority = Authority::new(&Overrides::default(), cloud, ORGANIZATIONS).unwrap();
        assert_eq!(authority.token().as_str(), format!("{login}/organizations/oauth2/v2.0/token"));
        assert_eq!(authority.endpoints().authorize.as_str(), format!("{login}/organizations/oauth2/v2.0/authorize"));
        assert_eq!(authority.device_code().as_str(), format!("{login}/organizations/oauth2/v2.0/devicecode"));
        assert!(authority.endpoints().revoke.is_none());
        let asked = permissions::scopes(cloud);
        let full = format!("{graph}/User.Read.All");
        assert_eq!(asked[0], if cloud == Cloud::Global { "User.Read.All" } else { &full });
        assert_eq!(asked[3..], ["openid", "profile", "email", "offline_access"]);
        assert_eq!(permissions::default_scope(cloud), format!("{graph}/.default"));
        assert!(cloud.issues(&format!("{login}/{TID}/v2.0"), TID));
        assert!(!cloud.issues(&format!("{login}/{TID}/v2.0/"), TID) && !cloud.issues(&format!("{login}/x/v2.0"), TID));
        let credentials = json!({"method": "browser", "client_id": CLIENT, "tenant": TID, "cloud": word});
        assert_eq!((SERVICE.api)(&credentials), Some(graph), "a stored integration keeps to its cloud");
    }
    assert!(Cloud::China.issues(&format!("https://login.chinacloudapi.cn/{TID}/v2.0"), TID));
    assert!(!Cloud::Global.issues(&format!("https://login.microsoftonline.us/{TID}/v2.0"), TID));
    assert_eq!(Cloud::parse("germany"), None);
}

#[test]
fn permissions_are_known_in_both_forms_and_only_graphs() {
    let missing = |cloud, granted: &str| {
        let granted: Vec<String> = granted.split(' ').map(str::to_owned).collect();
        permissions::missing(cloud, &granted)
    };
    let (short, full) = (
        "user.read.all GroupMember.Read.All User.Read",
        "https://graph.microsoft.us/User.Read.All https://graph.microsoft.us/GroupMember.Read.All \
         https://GRAPH.microsoft.us/User.Read",
    );
    assert_eq!(missing(Cloud::Global, short), None);
    assert_eq!(missing(Cloud::Usgov, full), None);
    assert_eq!(missing(Cloud::Usgov, short), None);
    assert_eq!(missing(Cloud::UsgovDod, full), Some("User.Read.All"), "another cloud's Graph");
    assert_eq!(missing(Cloud::Global, "GroupMember.Read.All User.Read"), Some("User.Read.All"));
    assert_eq!(missing(Cloud::Global, ""), Some("User.Read.All"));
    assert_eq!(missing(Cloud::Global, "https://graph.microsoft.comUser.Read.All ü"), Some("User.Read.All"));
}

#[test]
fn a_set_login_address_is_used_as_it_is_and_has_to_be_private() {
    let at = |login: &str| {
        Authority::new(&Overrides { login: Some(login.into()) }, Cloud::China, TID)
            .map(|authority| authority.discovery())
    };
    let discovery = format!("/{TID}/v2.0/.well-known/openid-configuration");
    assert_eq!(at("http://127.0.0.1:9").unwrap().as_str(), format!("http://127.0.0.1:9{discovery}"));
    assert_eq!(at("https://proxy.example/login/").unwrap().as_str(), format!("https://proxy.example/login{discovery}"));
    let refused = at("http://login.example").unwrap_err();
    assert!(refused.message.starts_with("DIRSYNC_ENTRA_LOGIN_URL must be https"), "{refused}");
    let odd = Authority::new(&Overrides::default(), Cloud::Global, "a/../b?c").unwrap();
    assert_eq!(odd.token().as_str(), "https://login.microsoftonline.com/a%2F..%2Fb%3Fc/oauth2/v2.0/token");
}
