//! A directory whose days can be played: one that lists everything at each sync, and one that tells its changes.

use dirsync::model::{AccountStatus, DirectoryMember, MemberKind};
use dirsync::provider::Directory;
use serde_json::json;

use crate::engine::plain::Plain;
use crate::engine::teller::Teller;

/// What people are changed in.
pub(super) const PROPERTIES: [&str; 3] = ["title", "mail", "name"];

/// A directory whose days can be played.
pub(crate) trait Town: Directory {
    /// Somebody new, or somebody who is back.
    fn join(&mut self, id: &str);
    /// Somebody goes; `told`: and the directory says so itself.
    fn leave(&mut self, id: &str, told: bool);
    /// The directory forgets somebody who went long ago.
    fn forget(&mut self, id: &str);
    /// One of [`PROPERTIES`] is another.
    fn say(&mut self, id: &str, property: &str, value: &str);
    /// Somebody's account is suspended, or is no longer.
    fn enable(&mut self, id: &str, on: bool);
    /// A group is new, or called otherwise.
    fn group(&mut self, id: &str, name: &str);
    /// A group is deleted.
    fn ungroup(&mut self, id: &str);
    /// Somebody is in a group, or no longer.
    fn member(&mut self, group: &str, id: &str, is: bool);
    /// The next round is told in another manner.
    fn turn(&mut self, whim: u64);
    /// A group whose members cannot be read, and whether a record is not as it should be.
    fn odd(&mut self, failing: Option<&str>, refused: bool);
    /// Whether it can be odd, and people can go without a word.
    fn lists(&self) -> bool;
    /// What should be stored.
    fn truth(&self) -> Plain;
}

impl Town for Plain {
    fn join(&mut self, id: &str) {
        self.deleted.remove(id);
        Self::join(self, id);
    }

    fn leave(&mut self, id: &str, told: bool) {
        self.users.remove(id);
        self.members.values_mut().for_each(|members| drop(members.remove(id)));
        if told {
            self.deleted.insert(id.to_owned());
        }
    }

    fn forget(&mut self, id: &str) {
        self.deleted.remove(id);
    }

    fn say(&mut self, id: &str, property: &str, value: &str) {
        let Some(user) = self.users.get_mut(id) else { return };
        let field = match property {
            "title" => &mut user.title,
            "mail" => &mut user.email,
            _ => &mut user.display_name,
        };
        *field = Some(value.to_owned());
    }

    fn enable(&mut self, id: &str, on: bool) {
        if let Some(user) = self.users.get_mut(id) {
            user.status = Some(if on { AccountStatus::Active } else { AccountStatus::Suspended });
        }
    }

    fn group(&mut self, id: &str, name: &str) {
        match self.groups.get_mut(id) {
            Some(group) => group.name = Some(name.to_owned()),
            None => Self::group(self, id, &[]),
        }
    }

    fn ungroup(&mut self, id: &str) {
        self.groups.remove(id);
        self.members.remove(id);
    }

    fn member(&mut self, group: &str, id: &str, is: bool) {
        let Some(members) = self.members.get_mut(group).filter(|_| self.users.contains_key(id)) else { return };
        if is {
            let email = Some(format!("p{id}@corp.example"));
            let role = Some("member".to_owned());
            let member = DirectoryMember { external_id: id.to_owned(), kind: MemberKind::User, email, role };
            members.insert(id.to_owned(), member);
        } else {
            members.remove(id);
        }
    }

    fn turn(&mut self, _: u64) {}

    fn odd(&mut self, failing: Option<&str>, refused: bool) {
        self.failing_groups = failing.map(str::to_owned).into_iter().collect();
        self.refused = if refused { vec![(None, "a record without an id".to_owned())] } else { Vec::new() };
    }

    fn lists(&self) -> bool {
        true
    }

    fn truth(&self) -> Plain {
        self.clone()
    }
}

impl Town for Teller {
    fn join(&mut self, id: &str) {
        Self::join(self, id);
    }

    fn leave(&mut self, id: &str, _: bool) {
        Self::leave(self, id, false);
    }

    fn forget(&mut self, id: &str) {
        Self::leave(self, id, true);
    }

    fn say(&mut self, id: &str, property: &str, value: &str) {
        self.person(id, property, json!(value));
    }

    fn enable(&mut self, id: &str, on: bool) {
        self.person(id, "enabled", json!(on));
    }

    fn group(&mut self, id: &str, name: &str) {
        Self::group(self, id, name);
    }

    fn ungroup(&mut self, id: &str) {
        Self::ungroup(self, id);
    }

    fn member(&mut self, group: &str, id: &str, is: bool) {
        Self::member(self, group, id, is);
    }

    fn turn(&mut self, whim: u64) {
        self.whim = whim;
    }

    fn odd(&mut self, _: Option<&str>, _: bool) {}

    fn lists(&self) -> bool {
        false
    }

    fn truth(&self) -> Plain {
        Self::truth(self)
    }
}
