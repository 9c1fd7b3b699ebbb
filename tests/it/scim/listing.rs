//! Pages: by index (RFC 7644 §3.4.2.4) and by cursor (RFC 9865), which loses nothing and repeats nothing while people go.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::caller::{group, ids, user};
use super::server::Server;
use super::together::many_users;

fn figures(list: &Value) -> (u64, u64, usize) {
    assert_eq!(list["itemsPerPage"].as_u64().unwrap(), list["Resources"].as_array().unwrap().len() as u64, "{list}");
    (list["totalResults"].as_u64().unwrap(), list["startIndex"].as_u64().unwrap(), ids(list).len())
}

#[test]
fn pages_by_index_are_cut_as_asked_and_odd_numbers_forgiven() {
    let server = Server::start();
    let all = many_users(&server, "u", 105);
    for (query, start, expected) in [
        ("", 1, &all[..100]),
        ("startIndex=1&count=10", 1, &all[..10]),
        ("startIndex=0&count=10", 1, &all[..10]),
        ("startIndex=-7&count=10", 1, &all[..10]),
        ("startIndex=101&count=100", 101, &all[100..]),
        ("startIndex=106", 106, &[]),
        ("startIndex=99999999999", 99_999_999_999, &[]),
        ("count=0", 1, &[]),
        ("count=-1", 1, &[]),
        ("count=1000000", 1, &all[..]),
        ("count=99999999999999999999999999", 1, &all[..]),
        ("STARTINDEX=3&Count=2", 3, &all[2..4]),
        ("startIndex=3&count=2&aadOptscim062020", 3, &all[2..4]),
        ("count=3&attributes=userName&filter=userName+sw+%22u%22&startIndex=2", 2, &all[1..4]),
    ] {
        let list = server.list(&format!("/Users?{query}"));
        assert_eq!(figures(&list), (105, start, expected.len()), "{query}");
        assert_eq!(ids(&list), expected, "{query}");
    }
    for query in ["count=ten", "startIndex=one", "sortOrder=sideways"] {
        server.get(&format!("/Users?{query}")).refuses(400, "invalidValue");
    }
    let search = |more: Value| {
        let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.post("/Users/.search", &body).is(200).json()
    };
    assert_eq!(ids(&search(json!({"startIndex": 3, "count": 2}))), all[2..4]);
    assert_eq!(figures(&search(json!({"startIndex": -3, "count": -2}))), (105, 1, 0));
}

#[test]
fn the_largest_page_is_cut_and_says_so() {
    let server = Server::start();
    let all = many_users(&server, "u", 1005);
    let list = server.list("/Users?count=5000&attributes=id");
    assert_eq!(figures(&list), (1005, 1, 1000));
    assert_eq!(ids(&server.list("/Users?startIndex=1001&count=5000")), all[1000..]);
}

#[test]
fn who_comes_while_somebody_pages_comes_last() {
    let server = Server::start();
    let all = many_users(&server, "m", 30);
    let mut seen = Vec::new();
    for (page, renamed) in all.iter().take(3).enumerate() {
        let list = server.list(&format!("/Users?startIndex={}&count=10", page * 10 + 1));
        seen.extend(ids(&list));
        server.post("/Users", &user(&format!("a{page}"))).is(201);
        server.put(&format!("/Users/{renamed}"), &user(&format!("renamed{page}"))).is(200);
    }
    assert_eq!(seen, all);
}

/// So many users, made side by side, in the order in which they are listed.
fn crowd(server: &Server, prefix: &str, count: usize) -> Vec<String> {
    let all: Vec<usize> = (0..count).collect();
    for some in all.chunks(32) {
        let body = |at: &usize| user(&format!("{prefix}{at:04}")).to_string();
        let request = |at| server.request("POST", "/Users").header("content-type", "application/json").body(body(at));
        for reply in server.send_all(some.iter().map(request).collect()) {
            reply.is(201);
        }
    }
    ids(&server.list("/Users?count=1000&attributes=id"))
}

/// Walks by cursor to the end; between two pages something may happen.
fn walk(server: &Server, query: &str, mut between: impl FnMut(usize)) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        let list = server.list(&format!("/Users?{query}&cursor={cursor}"));
        seen.extend(ids(&list));
        match list.get("nextCursor") {
            Some(next) => cursor = next.as_str().unwrap().to_owned(),
            None => break,
        }
        between(page);
    }
    seen
}

#[test]
fn a_walk_by_cursor_loses_nobody_and_repeats_nobody_while_people_are_deleted() {
    let server = Server::start();
    let orders = [
        "",
        "&sortBy=userName",
        "&sortBy=meta.created&sortOrder=descending",
        "&sortBy=title",
        "&filter=userName+ew+%22%22",
    ];
    for (turn, order) in orders.into_iter().enumerate() {
        let all = crowd(&server, &format!("u{turn}x"), 250);
        assert_eq!(all.len(), 250);
        let mut gone = BTreeSet::new();
        let seen = walk(&server, &format!("count=30{order}"), |page| {
            // Before and after where the walk is.
            for at in [page * 3, 30 * page + 29, 249 - page] {
                if gone.insert(all[at].clone()) {
                    server.delete(&format!("/Users/{}", all[at])).is(204);
                }
            }
        });
        let once: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "somebody came twice{order}");
        for id in all.iter().filter(|id| !gone.contains(*id)) {
            assert!(once.contains(id), "somebody was lost{order}");
        }
        let request = |id: &String| server.request("DELETE", &format!("/Users/{id}"));
        let left: Vec<&String> = all.iter().filter(|id| !gone.contains(*id)).collect();
        for some in left.chunks(32) {
            server.send_all(some.iter().copied().map(request).collect());
        }
        assert_eq!(server.list("/Users?count=0")["totalResults"], 0);
    }
}

#[test]
fn a_cursor_is_good_for_its_own_query_only() {
    let server = Server::start();
    many_users(&server, "u", 10);
    for at in 0..3 {
        server.post("/Groups", &group(&format!("g{at}"), &[])).is(201);
    }
    let next = |query: &str| server.list(query)["nextCursor"].as_str().unwrap().to_owned();
    let cursor = next("/Users?cursor=&count=2");
    // How many, and what of each, may change on the way.
    assert_eq!(ids(&server.list(&format!("/Users?cursor={cursor}&count=3&attributes=userName"))).len(), 3);
    for other in
        ["/Users?filter=userName+pr&", "/Users?sortBy=userName&", "/Users?sortBy=id&sortOrder=descending&", "/Groups?"]
    {
        server.get(&format!("{other}count=2&cursor={cursor}")).refuses(400, "invalidCursor");
        if other != "/Groups?" {
            let theirs = next(&format!("{other}count=2&cursor="));
            server.get(&format!("/Users?count=2&cursor={theirs}")).refuses(400, "invalidCursor");
            server.get(&format!("{other}count=2&cursor={theirs}")).is(200);
        }
    }
    let mut flipped = cursor.clone().into_bytes();
    flipped[10] = if flipped[10] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    for forged in ["forged", "AAAA", &flipped, &cursor[1..], &format!("{cursor}{cursor}"), &"A".repeat(4000), "%00"] {
        server.get(&format!("/Users?count=2&cursor={forged}")).refuses(400, "invalidCursor");
    }
    server.get(&format!("/Users?cursor={cursor}&startIndex=2")).refuses(400, "invalidCursor");
    server.get(&format!("/Users?cursor={cursor}&count=-2")).refuses(400, "invalidCount");
}

#[test]
fn a_page_of_none_by_cursor_counts_only_and_a_walk_through_all_types_ends() {
    let server = Server::start();
    let mut all = many_users(&server, "u", 7);
    let counted = server.list("/Users?cursor=&count=0");
    assert_eq!((&counted["totalResults"], ids(&counted).len()), (&json!(7), 0));
    for at in 0..4 {
        all.push(server.post("/Groups", &group(&format!("g{at}"), &[])).is(201).id());
    }
    let (mut seen, mut cursor) = (Vec::new(), json!(""));
    while !cursor.is_null() {
        let body =
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 3, "cursor": cursor});
        let page = server.post("/.search", &body).is(200).json();
        assert_eq!(page["totalResults"], 11);
        seen.extend(ids(&page));
        cursor = page["nextCursor"].clone();
    }
    assert_eq!(seen, all, "users, then groups, each in the order they came");
}
