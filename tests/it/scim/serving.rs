//! `dirsync serve` as a process: where it listens, what keeps it from it, how it ends, the certificate.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::server::Server;
use crate::program::assert_refused;
use crate::running::Running;
use crate::world::World;

const LISTEN: &[&str] = &["serve", "--listen", "127.0.0.1:0"];

/// A server, and what it says.
struct Serving {
    process: Running,
    /// All lines until it listened.
    said: Vec<String>,
    address: String,
}

impl Serving {
    fn start(world: &World, arguments: &[&str]) -> Self {
        let process = Running::start(world.command(arguments));
        let said = process.hears("listening on ");
        let address = said.last().unwrap().rsplit('/').next().unwrap().to_owned();
        Self { process, said, address }
    }

    fn health(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

fn world() -> World {
    let world = World::in_real_time();
    world.add_scim("okta", &[]);
    world
}

#[test]
fn it_says_where_it_listens_answers_and_ends_well() {
    for (signal, code) in [("-TERM", 0), ("-INT", 130)] {
        let world = world();
        let mut server = Serving::start(&world, LISTEN);
        assert!(server.said.iter().all(|line| !line.contains("warning")), "{:?}", server.said);
        let answer = server.health();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
        let url = world.json(&["details", "okta"])["api_url"].as_str().unwrap().to_owned();
        assert!(url.starts_with(&format!("http://{}/scim/", server.address)), "{url}");
        server.process.signal(signal);
        let (ended, said) = server.process.end();
        assert_eq!(ended, Some(code), "{said:?}");
        assert!(!said.iter().any(|line| line.contains("panicked")), "{said:?}");
        // Its port and its lock are free again.
        let mut next = Serving::start(&world, &["serve", "--listen", &server.address]);
        next.process.signal("-TERM");
        assert_eq!(next.process.end().0, Some(0));
    }
}

#[test]
fn what_keeps_it_from_listening_is_said_with_a_way_out() {
    let world = world();
    let server = Serving::start(&world, LISTEN);
    assert_refused(&world.run(LISTEN), 75, &["another server works for this database (serve, process", "since"]);
    let other = self::world();
    let taken = other.run(&["serve", "--listen", &server.address]);
    assert_refused(&taken, 1, &["another program listens on 127.0.0.1:", "--listen"]);
    for (arguments, code, words) in [
        (&["--tls-cert", "a.pem"][..], 2, "--tls-cert and --tls-key"),
        (&["--tls-cert", "a.pem", "--tls-key", "b.pem"], 1, "a.pem: cannot be read"),
        (&["--listen", "192.0.2.1:0"], 1, "cannot listen on 192.0.2.1:0"),
    ] {
        assert_refused(&other.run(&[&["serve"], arguments].concat()), code, &[words]);
    }
    for wrong in [["--listen", "8787"], ["--trusted-proxy", "proxy"], ["--max-connections", "0"], ["--public-url", "x"]]
    {
        assert_eq!(other.run(&[&["serve"], &wrong[..]].concat()).code, Some(2), "{wrong:?}");
    }
}

#[test]
fn it_warns_of_what_was_hardly_meant() {
    let world = World::in_real_time();
    let server = Serving::start(&world, &["serve", "--listen", "0.0.0.0:0,127.0.0.1:0"]);
    let warned = |words: &str| server.said.iter().any(|line| line.starts_with("warning: ") && line.contains(words));
    assert!(warned("can be reached from elsewhere without https"), "{:?}", server.said);
    assert!(warned("dirsync add scim"), "{:?}", server.said);
    drop(server);
    let server = Serving::start(&world, &["serve", "--listen", "0.0.0.0:0", "--trusted-proxy", "10.0.0.0/8,::1"]);
    assert!(!server.said.iter().any(|line| line.contains("https")), "{:?}", server.said);
}

#[test]
fn the_public_address_is_remembered() {
    let world = world();
    let url = |world: &World| world.json(&["details", "okta"])["api_url"].as_str().unwrap().to_owned();
    drop(Serving::start(&world, &[LISTEN, &["--public-url", "https://dirsync.corp.example/"]].concat()));
    assert!(url(&world).starts_with("https://dirsync.corp.example/scim/"));
    drop(Serving::start(&world, LISTEN));
    assert!(url(&world).starts_with("https://dirsync.corp.example/scim/"));
}

fn certify(world: &World) {
    let made = rcgen::generate_simple_self_signed(["scim.example".to_owned()]).unwrap();
    world.file("cert.pem", &made.cert.pem());
    world.file("key.pem", &made.signing_key.serialize_pem());
}

#[test]
fn the_certificate_is_read_anew_when_told_and_a_bad_one_is_not_used() {
    let world = world();
    certify(&world);
    let mut server =
        Serving::start(&world, &[LISTEN, &["-v", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]].concat());
    assert!(server.said.iter().any(|line| line.contains("listening on https://127.0.0.1:")), "{:?}", server.said);
    certify(&world);
    server.process.signal("-HUP");
    server.process.hears("the certificate was read anew");
    world.file("key.pem", "rubbish");
    server.process.signal("-HUP");
    server.process.hears("the certificate in use stays");
    server.process.signal("-TERM");
    assert_eq!(server.process.end().0, Some(0));
    // Without a certificate there is nothing to read anew, and nobody is killed by being told.
    let mut server = Serving::start(&world, LISTEN);
    server.process.signal("-HUP");
    assert!(server.health().ends_with("ok\n"));
    server.process.signal("-TERM");
    assert_eq!(server.process.end().0, Some(0));
}

#[test]
fn what_is_pushed_shows_in_the_details_and_a_new_token_opens_at_once() {
    let mut server = Server::start();
    let user = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@corp.example", "active": true
    });
    let agent = |request: reqwest::RequestBuilder| request.header("user-agent", "Okta SCIM Client 1.0.0");
    server.send(agent(server.request("POST", "/Users")).json(&user)).is(201);
    // The use of a token is written down beside what is pushed.
    let told = (0..200).map(|_| server.world.json(&["details", "okta"])).find(|told| {
        std::thread::sleep(Duration::from_millis(20));
        told["client"] == "Okta"
    });
    let told = told.unwrap();
    assert_eq!(told["users"], 1, "{told}");
    assert!(told["last_sync_at"].is_string() && told["tokens"][0]["last_used_at"].is_string(), "{told}");
    let renewed = server.world.json(&["reauth", "okta", "--grace", "0"]);
    // The list of tokens is good for a second.
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(server.get("/Users").status, 401);
    server.okta.token = renewed["token"].as_str().unwrap().to_owned();
    assert_eq!(server.list("/Users")["totalResults"], 1);
}
