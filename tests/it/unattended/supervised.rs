//! `serve` under a service manager: what it is told by sd_notify(3), and that signs of life end with what they are of.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use dirsync::store::WriteTurn;

use crate::running::Running;
use crate::scim::server::Server;
use crate::world::World;

/// The service manager's end.
struct Manager(UnixDatagram);

impl Manager {
    /// One that `world`'s program knows of, and that wants a sign of life every four seconds.
    fn of(world: &mut World) -> Self {
        let path = world.home().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        world.set("NOTIFY_SOCKET", path.to_str().unwrap()).set("WATCHDOG_USEC", "4000000");
        Self(socket)
    }

    /// The next message, within so many seconds.
    fn within(&self, seconds: u64) -> Option<String> {
        self.0.set_read_timeout(Some(Duration::from_secs(seconds))).unwrap();
        let mut bytes = [0; 4096];
        match self.0.recv(&mut bytes) {
            Ok(length) => Some(String::from_utf8(bytes[..length].to_vec()).unwrap()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(error) => panic!("{error}"),
        }
    }

    #[track_caller]
    fn hears(&self, words: &str) -> String {
        let mut said = Vec::new();
        loop {
            let message = self.within(60).unwrap_or_else(|| panic!("nothing of {words}: {said:?}"));
            if message.contains(words) {
                return message;
            }
            said.push(message);
        }
    }
}

#[test]
fn the_service_manager_hears_of_beginning_status_life_settings_and_end() {
    let mut world = World::in_real_time();
    let manager = Manager::of(&mut world);
    let mut server = Running::start(world.command(&["serve", "--sync"]));
    assert_eq!(manager.hears("READY=1"), "READY=1\n");
    manager.hears("STATUS=nothing is due");
    manager.hears("WATCHDOG=1");
    server.signal("-HUP");
    assert!(manager.hears("RELOADING=1").contains("MONOTONIC_USEC="));
    manager.hears("READY=1");
    server.signal("-TERM");
    manager.hears("STOPPING=1");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn signs_of_life_end_when_the_writer_is_stuck_and_come_again_when_it_goes_on() {
    let mut world = World::in_real_time();
    let manager = Manager::of(&mut world);
    let locks = world.home().join("locks");
    let server = Server::start_in(world, &[]);
    manager.hears("STATUS=listening on http://127.0.0.1:");
    manager.hears("WATCHDOG=1");
    let turn = WriteTurn::wait(&locks).unwrap();
    let user = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@corp.example"
    });
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while manager.within(8).is_some() {}
            drop(turn);
            manager.hears("WATCHDOG=1");
        });
        // It was written, or told to come back.
        assert!(matches!(server.with("POST", "/Users", &user).status, 201 | 503));
    });
}
