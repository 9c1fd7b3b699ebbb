//! Filters (RFC 7644 §3.4.2.2): every figure of the standard, what case means where, and what is no filter.

use serde_json::json;

use super::caller::{group, texts, user};
use super::examples::{ENTERPRISE, barbara};
use super::server::Server;

/// Who of three people is found: the standard's Barbara, James, and Zoë of whom little is known.
struct Scene {
    server: Server,
    boss: String,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start();
        let james = json!({
            "userName": "jsmith", "displayName": "James Smith", "externalId": "Ab1", "userType": "Intern", "active": false,
            "name": {"familyName": "O'Malley"}, "title": "a \"quoted\" \\ title",
            "emails": [{"value": "bjensen@work.example", "type": "home"}, {"value": "j@example.org", "type": "work"}],
            "ims": [{"type": "xmpp", "value": "james@foo.com"}],
            "phoneNumbers": [{"value": "+1-555", "primary": true}],
        });
        let boss = server.post("/Users", &james).is(201).id();
        let mut babs = barbara();
        babs["userName"] = "bjensen".into();
        babs[ENTERPRISE]["manager"] = json!({"value": boss});
        server.post("/Users", &babs).is(201);
        server.post("/Users", &json!({"userName": "ZOË", "nickName": "Straße", "title": ""})).is(201);
        Self { server, boss }
    }

    #[track_caller]
    fn finds(&self, filter: &str, expected: &str) {
        let mut found = texts(&self.server.found("/Users", filter), "/userName");
        found.sort();
        assert_eq!(found.join(" "), expected, "{filter}");
    }
}

#[test]
fn every_figure_of_the_standard_is_understood() {
    let scene = Scene::new();
    for (filter, expected) in [
        ("userName eq \"bjensen\"", "bjensen"),
        ("userName Eq \"bjensen\"", "bjensen"),
        ("Username eq \"bjensen\"", "bjensen"),
        ("name.familyName co \"O'Malley\"", "jsmith"),
        ("userName sw \"J\"", "jsmith"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"", "jsmith"),
        ("URN:ietf:params:SCIM:schemas:core:2.0:user:USERNAME sw \"j\"", "jsmith"),
        ("title pr", "bjensen jsmith"),
        ("meta.lastModified gt \"2011-05-13T04:42:34Z\"", "ZOË bjensen jsmith"),
        ("meta.lastModified ge \"2011-05-13T04:42:34Z\"", "ZOË bjensen jsmith"),
        ("meta.lastModified lt \"2011-05-13T04:42:34Z\"", ""),
        ("meta.lastModified le \"2011-05-13T04:42:34Z\"", ""),
        ("title pr and userType eq \"Employee\"", "bjensen"),
        ("title pr or userType eq \"Intern\"", "bjensen jsmith"),
        ("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", "bjensen"),
        ("userType eq \"Employee\" and (emails co \"example.com\" or emails.value co \"example.org\")", "bjensen"),
        ("userType ne \"Employee\" and not (emails co \"example.com\" or emails.value co \"example.org\")", "ZOË"),
        ("userType eq \"Employee\" and (emails.type eq \"work\")", "bjensen"),
        ("userType eq \"Employee\" and emails[type eq \"work\" and value co \"@example.com\"]", "bjensen"),
        (
            "emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and value co \"@foo.com\"]",
            "bjensen jsmith",
        ),
    ] {
        scene.finds(filter, expected);
    }
}

#[test]
fn elements_are_looked_at_one_by_one_or_all_together() {
    let scene = Scene::new();
    for (filter, expected) in [
        ("emails.type eq \"work\" and emails.value eq \"bjensen@work.example\"", "jsmith"),
        ("emails[type eq \"work\" and value eq \"bjensen@work.example\"]", ""),
        ("emails[type eq \"work\"].value eq \"J@example.org\"", "jsmith"),
        ("emails[primary eq true].value eq \"bjensen@example.com\"", "bjensen"),
        ("emails[not (type eq \"work\")]", "bjensen jsmith"),
        ("emails eq \"babs@jensen.org\"", "bjensen"),
        ("emails.value ew \".org\"", "bjensen jsmith"),
        ("phoneNumbers.primary eq true", "jsmith"),
        ("emails pr", "bjensen jsmith"),
        ("emails[primary pr]", "bjensen"),
        ("addresses.country eq \"usa\"", "bjensen"),
        (&format!("{ENTERPRISE}:department eq \"tour operations\""), "bjensen"),
        ("department sw \"Tour\"", "bjensen"),
        (&format!("{ENTERPRISE}:manager.value eq \"{}\"", scene.boss), "bjensen"),
        (&format!("manager eq \"{}\"", scene.boss), "bjensen"),
        (&format!("{ENTERPRISE} pr"), "bjensen"),
    ] {
        scene.finds(filter, expected);
    }
}

#[test]
fn case_matters_where_the_schema_says_so() {
    let scene = Scene::new();
    for (filter, expected) in [
        ("userName eq \"BJENSEN\"", "bjensen"),
        ("userName eq \"zoë\"", "ZOË"),
        ("userName ew \"ë\"", "ZOË"),
        ("displayName co \"SMITH\"", "jsmith"),
        ("emails.value eq \"BABS@JENSEN.ORG\"", "bjensen"),
        ("nickName eq \"STRASSE\" or nickName eq \"straße\"", "ZOË"),
        ("externalId eq \"Ab1\"", "jsmith"),
        ("externalId eq \"ab1\"", ""),
        ("externalId sw \"ab\"", ""),
        ("meta.resourceType eq \"User\"", "ZOË bjensen jsmith"),
        ("meta.resourceType eq \"user\"", ""),
        (&format!("id eq \"{}\"", scene.boss), "jsmith"),
        (
            &format!("id eq \"{}\"", scene.boss.to_uppercase()),
            if scene.boss == scene.boss.to_uppercase() { "jsmith" } else { "" },
        ),
        ("title eq \"A \\\"QUOTED\\\" \\\\ title\"", "jsmith"),
        ("userName eq \"zo\\u00cb\"", "ZOË"),
    ] {
        scene.finds(filter, expected);
    }
}

#[test]
fn nothing_null_and_empty_are_one_and_order_and_booleans_mean_what_they_say() {
    let scene = Scene::new();
    for (filter, expected) in [
        ("title eq null", "ZOË"),
        ("not (title pr)", "ZOË"),
        ("title ne null", "bjensen jsmith"),
        ("emails eq null", "ZOË"),
        ("emails[type eq null]", ""),
        ("active eq true", "bjensen"),
        ("active eq True", "bjensen"),
        ("active eq \"False\"", "jsmith"),
        ("active ne true", "ZOË jsmith"),
        ("userName gt \"jsmith\"", "ZOË"),
        ("userName ge \"JSMITH\"", "ZOË jsmith"),
        ("userName lt \"c\"", "bjensen"),
        ("userName le \"bjensen\"", "bjensen"),
        ("meta.created gt \"2011-05-13T04:42:34.123+05:30\"", "ZOË bjensen jsmith"),
        ("meta.created lt 2999-10-10T14:38:21.8617979-07:00", "ZOË bjensen jsmith"),
        ("externalId eq 701984", "bjensen"),
        ("userName eq jsmith", "jsmith"),
        ("userName eq \"a\" or userName eq \"jsmith\" and active eq false", "jsmith"),
        ("(userName eq \"bjensen\" or userName eq \"jsmith\") and active eq false", "jsmith"),
        ("not(userName eq \"bjensen\")", "ZOË jsmith"),
        ("not (not (userName eq \"bjensen\"))", "bjensen"),
        ("TITLE PR AND NOT (ACTIVE EQ TRUE)", "jsmith"),
    ] {
        scene.finds(filter, expected);
    }
}

#[test]
fn membership_is_found_from_both_sides() {
    let scene = Scene::new();
    let team = scene.server.post("/Groups", &group("Team", std::slice::from_ref(&scene.boss))).is(201).id();
    scene.server.post("/Groups", &group("Nobody", &[])).is(201);
    scene.finds(&format!("groups.value eq \"{team}\""), "jsmith");
    scene.finds(&format!("groups eq \"{team}\""), "jsmith");
    scene.finds("groups pr", "jsmith");
    scene.finds("groups.display eq \"team\"", "jsmith");
    scene.finds(&format!("groups.value eq \"{team}\" and active eq true"), "");
    let boss = &scene.boss;
    for (filter, expected) in [
        (format!("members eq \"{boss}\""), "Team"),
        (format!("members.value eq \"{boss}\""), "Team"),
        (format!("members[value eq \"{boss}\"]"), "Team"),
        (format!("members[value eq\"{boss}\"]"), "Team"),
        (format!("id eq \"{team}\" and members eq \"{boss}\""), "Team"),
        (format!("members.$ref eq \"{}/Users/{boss}\"", scene.server.base()), "Team"),
        ("not (members pr)".to_owned(), "Nobody"),
        ("members eq \"nobody\"".to_owned(), ""),
        ("displayName eq \"TEAM\"".to_owned(), "Team"),
        ("members.type eq \"User\"".to_owned(), "Team"),
    ] {
        let found = texts(&scene.server.found("/Groups", &filter), "/displayName");
        assert_eq!(found.join(" "), expected, "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_refused_as_one() {
    let scene = Scene::new();
    let deep = format!("{}title pr{}", "(".repeat(5000), ")".repeat(5000));
    let nots = format!("{}title pr{}", "not (".repeat(500), ")".repeat(500));
    let terms = vec!["title pr"; 1500].join(" or ");
    let long = format!("userName eq \"{}\"", "x".repeat(20_000));
    for filter in [
        "userName",
        "userName eq",
        "userName is \"a\"",
        "userName eq \"a",
        "userName eq \"a\" and",
        "and userName eq \"a\"",
        "(userName eq \"a\"",
        "userName eq \"a\")",
        "userName eq \"a\" title pr",
        "emails[type eq \"work\"",
        "emails[]",
        "emails[type eq \"work\" and emails[value pr]]",
        "not userName eq \"a\"",
        "\"a\" eq userName",
        "shoeSize eq 46",
        "name.shoeSize pr",
        "urn:else:User:userName pr",
        "password eq \"secret\"",
        "password pr",
        "active gt true",
        "active le false",
        "x509Certificates.value gt \"a\"",
        "phoneNumbers[primary gt true]",
        "meta.created gt \"yesterday\"",
        "name eq \"a\"",
        "userName[value eq \"a\"]",
        "userName eq \"\\q\"",
        &deep,
        &nots,
        &terms,
        &long,
    ] {
        let shown: String = filter.chars().take(60).collect();
        let query: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let reply = scene.server.get(&format!("/Users?filter={query}"));
        // A request line may be longer than the server reads at all.
        if [414, 431].contains(&reply.status) {
            assert!(filter.len() > 5000, "{shown}");
        } else {
            assert_eq!(reply.status, 400, "{shown}: {}", reply.text);
            reply.refuses(400, "invalidFilter");
        }
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
        let reply = scene.server.post("/Users/.search", &search);
        assert_eq!(reply.status, 400, "{shown}: {}", reply.text);
        reply.refuses(400, "invalidFilter");
    }
    // Within the bounds everything is fine.
    let many = vec!["title pr"; 500].join(" or ");
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": many});
    assert_eq!(scene.server.post("/Users/.search", &search).is(200).json()["totalResults"], 2);
}

#[test]
fn a_search_through_all_types_takes_what_a_type_lacks_as_absent() {
    let scene = Scene::new();
    scene.server.post("/Groups", &group("James Smith", &[])).is(201);
    let search = |filter: &str| {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
        scene.server.post("/.search", &body).is(200).json()["totalResults"].as_u64().unwrap()
    };
    for (filter, expected) in [
        ("displayName eq \"james smith\"", 2),
        ("userName pr", 3),
        ("not (userName pr)", 1),
        ("userName eq \"jsmith\" or meta.resourceType eq Group", 2),
        ("title eq null", 2),
        ("members pr", 0),
        ("shoeSize pr", 0),
        ("id pr", 4),
    ] {
        assert_eq!(search(filter), expected, "{filter}");
    }
}

#[test]
fn a_plus_is_a_space_and_a_slash_at_the_end_is_nothing() {
    let server = Server::start();
    server.post("/Users", &user("a+b")).is(201);
    for query in [
        "/Users?filter=userName+eq+%22a%2Bb%22",
        "/Users/?filter=userName%20eq%20%22A%2bB%22",
        "/users?FILTER=userName+eq+%22a%2Bb%22",
    ] {
        assert_eq!(server.list(query)["totalResults"], 1, "{query}");
    }
    assert_eq!(server.list("/Users?filter=")["totalResults"], 1, "nothing asked for");
}
