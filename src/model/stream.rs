//! What comes from a directory that tells its changes: two streams, one of people and one of groups, each with a place
//! where it can be taken up again, and objects of which every telling adds to what was told before.

use super::{DirectoryGroup, DirectoryUser, MemberKind};

/// One of the two streams; each goes its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// People.
    People,
    /// Groups and their direct members.
    Groups,
}

impl Stream {
    /// Both.
    pub const ALL: [Self; 2] = [Self::People, Self::Groups];

    /// The stable word for the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Groups => "groups",
        }
    }
}

/// A place in a stream. The addresses are the directory's own, opaque and never taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Before everything: the round tells all there is.
    #[default]
    Beginning,
    /// In the middle of a round: the next page is here.
    Within(String),
    /// At the end of a round: whatever changes from now on is told here.
    Since(String),
}

/// Where a fetch begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Of the stream of people.
    pub people: Place,
    /// Of the stream of groups.
    pub groups: Place,
}

impl Start {
    /// The place of one stream.
    pub fn of(&self, stream: Stream) -> &Place {
        match stream {
            Stream::People => &self.people,
            Stream::Groups => &self.groups,
        }
    }

    /// Sets the place of one stream.
    pub fn set(&mut self, stream: Stream, place: Place) {
        match stream {
            Stream::People => self.people = place,
            Stream::Groups => self.groups = place,
        }
    }
}

/// All that a directory has said of one object, property by property, in its own words.
pub type Source = serde_json::Map<String, serde_json::Value>;

/// One telling of one object. Tellings may repeat, come in any order of objects, and come again in later rounds.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectChange {
    /// The object's immutable id.
    pub external_id: String,
    /// What is told.
    pub news: News,
    /// Of a group: members that came or went. The list of a large group is told in pieces.
    pub members: Vec<MemberChange>,
}

/// What is told of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It is there; these properties have these values (null: no value any more), the others are as they were.
    There(Source),
    /// It is gone, and may be restored with everything that it was.
    Gone,
    /// It is gone for good.
    Purged,
}

/// One member that came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    /// The member's immutable id.
    pub external_id: String,
    /// What it is.
    pub kind: MemberKind,
    /// Whether it is no member any more.
    pub gone: bool,
}

/// Reads objects out of all that was said of them. Pure.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// A person, by immutable id and source.
    pub user: fn(&str, &Source) -> DirectoryUser,
    /// A group, likewise.
    pub group: fn(&str, &Source) -> DirectoryGroup,
}
