//! What a day brought, for tests and for the demo to tell.

use serde::Serialize;

/// What happened in one or more days, by the external ids of those it happened to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DaySummary {
    /// The company's day after what happened.
    pub day: u32,
    /// New people (among them the second halves of `recreated`).
    pub joined: Vec<String>,
    /// People any of whose fields changed; includes all of the kinds below that stay.
    pub changed: Vec<String>,
    /// People now on the deleted list (among them the first halves of `recreated`).
    pub left: Vec<String>,
    /// People gone for good, their time on the deleted list being over.
    pub purged: Vec<String>,
    /// People taken back from the deleted list.
    pub returned: Vec<String>,
    /// People whose primary address changed; the old one is now an alias.
    pub renamed: Vec<String>,
    /// People suspended.
    pub suspended: Vec<String>,
    /// People no longer suspended.
    pub unsuspended: Vec<String>,
    /// Deleted and made anew under the same address: old id, new id.
    pub recreated: Vec<(String, String)>,
    /// An address that went from one person to another: old holder, new holder.
    pub address_moved: Vec<(String, String)>,
    /// New groups.
    pub groups_created: Vec<String>,
    /// Groups deleted.
    pub groups_deleted: Vec<String>,
    /// Groups with another name or address.
    pub groups_renamed: Vec<String>,
    /// Memberships added, by group and member.
    pub members_added: Vec<(String, String)>,
    /// Memberships removed, by group and member; not those of people who left.
    pub members_removed: Vec<(String, String)>,
    /// Memberships with another role, by group and member.
    pub roles_changed: Vec<(String, String)>,
}

impl DaySummary {
    /// Adds a later day's events.
    pub(super) fn append(&mut self, later: Self) {
        self.day = later.day;
        self.joined.extend(later.joined);
        self.changed.extend(later.changed);
        self.left.extend(later.left);
        self.purged.extend(later.purged);
        self.returned.extend(later.returned);
        self.renamed.extend(later.renamed);
        self.suspended.extend(later.suspended);
        self.unsuspended.extend(later.unsuspended);
        self.recreated.extend(later.recreated);
        self.address_moved.extend(later.address_moved);
        self.groups_created.extend(later.groups_created);
        self.groups_deleted.extend(later.groups_deleted);
        self.groups_renamed.extend(later.groups_renamed);
        self.members_added.extend(later.members_added);
        self.members_removed.extend(later.members_removed);
        self.roles_changed.extend(later.roles_changed);
    }
}
