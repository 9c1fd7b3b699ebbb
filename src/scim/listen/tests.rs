//! Listening, tried by real sockets on loopback.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Extension, Router};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(10);

struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ListenError>>,
}

fn quick() -> Limits {
    let head = Duration::from_millis(300);
    Limits { head, body: head, handshake: head, idle: head * 3, write: head, ..Limits::default() }
}

impl Server {
    fn start(options: Options) -> Self {
        let routes = Router::new()
            .route("/", get(async |Extension(Peer(peer)), Extension(BaseUrl(base))| format!("{peer} {base}\n")))
            .route(
                "/slow",
                get(async || {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    "done\n"
                }),
            )
            .route("/large", get(async || vec![b'x'; 64 << 20]))
            .route("/echo", post(async |body: String| body));
        let addresses = vec!["127.0.0.1:0".parse().unwrap()];
        let listening = Listening::open(Options { addresses, ..options }, Vec::new()).unwrap();
        let (stop, stopped) = oneshot::channel();
        let address = listening.addresses()[0];
        let stopped = async { drop(stopped.await) };
        Self { address, stop: Some(stop), task: tokio::spawn(serve(listening, routes, || (), stopped)) }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// The whole answer to one request, after which the server closes.
    async fn ask(&self, lines: &str) -> String {
        converse(self.connect().await, lines).await
    }

    async fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        timeout(SOON, &mut self.task).await.unwrap().unwrap().unwrap();
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, lines: &str) -> String {
    let request = format!("GET / HTTP/1.1\r\nHost: scim.example\r\nConnection: close\r\n{lines}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

/// What comes until the server closes.
async fn rest<S: AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut all = Vec::new();
    // Closed with unread bytes, the system resets; what was read stands.
    let _ = timeout(SOON, stream.read_to_end(&mut all)).await.unwrap();
    String::from_utf8(all).unwrap()
}

/// Reads until `end` has come.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).ends_with(end) {
        let mut some = [0; 4096];
        let read = timeout(SOON, stream.read(&mut some)).await.unwrap().unwrap();
        assert_ne!(read, 0, "closed early: {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&some[..read]);
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn whoever_asks_is_told_apart_and_lies_are_not_heard() {
    let server = Server::start(Options::default());
    let lies = "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n";
    assert!(server.ask(lies).await.ends_with("127.0.0.1 http://scim.example\n"));
    let trusting = Options { trusted: vec![parse_network("127.0.0.0/8").unwrap()], ..Options::default() };
    let server = Server::start(trusting);
    assert!(server.ask(lies).await.ends_with("198.51.100.7 https://evil.example\n"));
    assert!(server.ask("").await.ends_with("127.0.0.1 http://scim.example\n"));
    let named = Options { public_url: Some("https://hr.example/x".into()), ..Options::default() };
    assert!(Server::start(named).ask(lies).await.ends_with("127.0.0.1 https://hr.example/x\n"));
}

#[tokio::test]
async fn a_slow_head_is_cut_off_and_an_idle_connection_is_not_before_its_time() {
    let server = Server::start(Options { limits: quick(), ..Options::default() });
    let mut silent = server.connect().await;
    let mut dawdling = server.connect().await;
    let mut busy = server.connect().await;
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for _ in 0..2 {
        busy.write_all(request.as_bytes()).await.unwrap();
        until(&mut busy, "http://a\n").await;
        // Longer than a head may take.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for letter in request[..8].bytes() {
        if dawdling.write_all(&[letter]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(rest(&mut dawdling).await, "");
    assert_eq!(rest(&mut silent).await, "");
    // A later head has no more time than the first.
    busy.write_all(&request.as_bytes()[..9]).await.unwrap();
    assert_eq!(rest(&mut busy).await, "");
    let mut idle = server.connect().await;
    idle.write_all(request.as_bytes()).await.unwrap();
    until(&mut idle, "http://a\n").await;
    assert_eq!(rest(&mut idle).await, "");
}

#[tokio::test]
async fn a_slow_body_fails_and_an_answer_that_nobody_takes_is_dropped() {
    let server = Server::start(Options { limits: quick(), ..Options::default() });
    let mut slow = server.connect().await;
    slow.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf").await.unwrap();
    assert!(rest(&mut slow).await.starts_with("HTTP/1.1 400"));
    let mut whole = server.connect().await;
    whole.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf").await.unwrap();
    whole.write_all(b" and ").await.unwrap();
    assert!(until(&mut whole, "half and ").await.starts_with("HTTP/1.1 200"));
    let mut deaf = server.connect().await;
    deaf.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let mut all = Vec::new();
    let _ = timeout(SOON, deaf.read_to_end(&mut all)).await.unwrap();
    assert!(all.len() < 64 << 20, "it was not given up");
}

#[tokio::test]
async fn there_is_no_place_for_more_than_the_limit_and_who_leaves_makes_room() {
    for (connections, per_peer) in [(2, 9), (9, 2)] {
        let limits = Limits { connections, per_peer, ..Limits::default() };
        let server = Server::start(Options { limits, ..Options::default() });
        let mut present = Vec::new();
        for _ in 0..2 {
            let mut stream = server.connect().await;
            stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            until(&mut stream, "http://a\n").await;
            present.push(stream);
        }
        let mut refused = server.connect().await;
        assert_eq!(rest(&mut refused).await, "");
        present.pop();
        let mut tries = 0;
        loop {
            let mut stream = server.connect().await;
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
            if rest(&mut stream).await.ends_with("http://a\n") {
                break;
            }
            tries += 1;
            assert!(tries < 100, "no place came free");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_stopping_server_finishes_what_it_began_and_takes_nothing_new() {
    let mut server = Server::start(Options::default());
    let (mut idle, mut slow) = (server.connect().await, server.connect().await);
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    until(&mut idle, "http://a\n").await;
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop().await;
    assert!(rest(&mut slow).await.ends_with("done\n"));
    assert_eq!(rest(&mut idle).await, "");
    assert!(TcpStream::connect(server.address).await.is_err());
    let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
    let mut impatient = Server::start(Options { limits, ..Options::default() });
    let mut slow = impatient.connect().await;
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    impatient.stop().await;
}

/// A certificate for `scim.example`, and its key.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["scim.example".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()
}

async fn ask_by_tls(server: &Server, root: &CertificateDer<'static>) -> Result<String, std::io::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("scim.example").unwrap();
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await?;
    Ok(converse(stream, "").await)
}

#[tokio::test]
async fn a_certificate_is_read_anew_and_a_bad_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let first = certify(folder.path());
    let files = TlsFiles::read(&certificate, &key).unwrap();
    let server = Server::start(Options { tls: Some(files.clone()), limits: quick(), ..Options::default() });
    assert!(ask_by_tls(&server, &first).await.unwrap().ends_with("127.0.0.1 https://scim.example\n"));
    // Neither speaks TLS.
    assert!(!server.ask("").await.contains("HTTP"));
    assert_eq!(rest(&mut server.connect().await).await, "", "a handshake that never begins is cut off");
    let kept = std::fs::read(&key).unwrap();
    let second = certify(folder.path());
    let fresh = std::fs::read(&key).unwrap();
    for (content, words) in [(&kept[..], "is not the key of"), (b"rubbish", "holds no private key")] {
        std::fs::write(&key, content).unwrap();
        assert!(files.reload().unwrap_err().to_string().contains(words));
        assert!(ask_by_tls(&server, &first).await.is_ok());
    }
    std::fs::write(&key, fresh).unwrap();
    files.reload().unwrap();
    assert!(ask_by_tls(&server, &first).await.is_err());
    assert!(ask_by_tls(&server, &second).await.is_ok());
    std::fs::write(&certificate, "").unwrap();
    assert!(files.reload().unwrap_err().to_string().contains("holds no certificate"));
    std::fs::remove_file(&certificate).unwrap();
    assert!(files.reload().unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn a_taken_address_is_named_and_listening_beyond_loopback_in_clear_is_seen() {
    let open = |addresses: &[&str], options: Options| {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Listening::open(Options { addresses, ..options }, Vec::new())
    };
    let first = open(&["127.0.0.1:0", "[::1]:0"], Options::default()).unwrap();
    assert_eq!(first.addresses().len(), 2);
    assert!(first.exposed().is_empty());
    let taken = first.addresses()[0];
    let error = open(&[&taken.to_string()], Options::default()).unwrap_err();
    assert!(matches!(error, ListenError::Taken(address) if address == taken), "{error}");
    assert!(matches!(open(&["192.0.2.1:0"], Options::default()), Err(ListenError::Address { .. })));
    let bare = open(&["0.0.0.0:0"], Options::default()).unwrap();
    assert_eq!(bare.exposed(), bare.addresses());
    let trusted = vec![parse_network("10.0.0.1").unwrap()];
    assert!(open(&["0.0.0.0:0"], Options { trusted, ..Options::default() }).unwrap().exposed().is_empty());
}

#[tokio::test]
async fn sockets_that_were_handed_over_are_served_as_they_are() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let listening = Listening::open(Options::default(), vec![socket]).unwrap();
    assert_eq!(listening.urls(), [format!("http://{address}")]);
    let routes = Router::new().route("/", get(async || "ok\n"));
    let task = tokio::spawn(serve(listening, routes, || (), std::future::pending()));
    assert!(converse(TcpStream::connect(address).await.unwrap(), "").await.ends_with("ok\n"));
    task.abort();
}
