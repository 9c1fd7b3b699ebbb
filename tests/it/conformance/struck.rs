//! Helpers for troubles: a group to strike, and an address outside the directory that must stay unvisited.

use std::net::TcpListener;

use super::home::Home;
use super::picture::Picture;

/// An address of somebody else's; counts as visited as soon as anybody connects.
pub(crate) struct Elsewhere(TcpListener);

impl Elsewhere {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}/next?page=2", self.0.local_addr().unwrap())
    }

    #[track_caller]
    pub(crate) fn assert_unvisited(&self) {
        let visit = self.0.accept();
        assert!(visit.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "somebody came");
    }
}

/// The group with the most members, of which it has many.
pub(super) fn large_group(home: &Home) -> String {
    let largest = largest_group(home);
    let members = home.pretend.truth().memberships.into_keys().filter(|(group, _)| *group == largest);
    assert!(members.count() > 20, "no group is large");
    largest
}

/// The group with the most members.
pub(super) fn largest_group(home: &Home) -> String {
    let truth = home.pretend.truth();
    let size = |id: &&String| truth.memberships.keys().filter(|(group, _)| group == *id).count();
    let largest = truth.groups.keys().max_by_key(size).unwrap();
    largest.clone()
}

/// `truth`, but with one group's members as in `before`.
pub(crate) fn with_members_as_before(truth: Picture, before: &Picture, group: &str) -> Picture {
    let Picture { people, groups, mut memberships } = truth;
    memberships.retain(|(of, _), _| of != group);
    let kept = before.memberships.iter().filter(|((of, _), _)| of == group);
    memberships.extend(kept.map(|(key, fields)| (key.clone(), fields.clone())));
    Picture { people, groups, memberships }.finished()
}
