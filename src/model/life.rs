//! What can happen to a person, and what a table of it says. The table itself is a decision: see `people`.

use super::{ChangeKind, UserStatus};

/// Something that happens to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LifeEvent {
    /// The directory has them, enabled. What it does not say of somebody known is what they were.
    SeenEnabled,
    /// The directory has them, disabled or archived.
    SeenDisabled,
    /// The directory has them, and the scope leaves them out.
    LeftOut,
    /// They are not there, and it is not settled whether for good: absent from a complete fetch, or their removal waits
    /// for approval.
    Absent,
    /// They have been absent for long enough.
    GraceOver,
    /// The directory itself says that they are deleted.
    SaidDeleted,
    /// A directory that pushes deletes them.
    PushedDelete,
    /// Their integration is deleted.
    IntegrationDeleted,
    /// Their integration is deleted, and everybody is to be kept.
    IntegrationKept,
    /// Nothing keeps them any more: their last device is unassigned, and somebody or the time says so.
    Pruned,
    /// They are found to be somebody else, who is there.
    Linked,
    /// They are to be forgotten.
    Forgotten,
}

impl LifeEvent {
    /// Every event.
    pub const ALL: [Self; 12] = [
        Self::SeenEnabled,
        Self::SeenDisabled,
        Self::LeftOut,
        Self::Absent,
        Self::GraceOver,
        Self::SaidDeleted,
        Self::PushedDelete,
        Self::IntegrationDeleted,
        Self::IntegrationKept,
        Self::Pruned,
        Self::Linked,
        Self::Forgotten,
    ];
}

/// One line of the table: from one status by one event to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The status before; `None`: nobody has seen them before.
    pub from: Option<UserStatus>,
    /// What happens.
    pub event: LifeEvent,
    /// Only of those who hold a device, or of those who hold none; `None`: of both.
    pub held: Option<bool>,
    /// The status after.
    pub to: UserStatus,
    /// Why they have it; `None`: what the directory says or said.
    pub reason: Option<&'static str>,
    /// The line of history that it leaves.
    pub change: ChangeKind,
}

/// The table of a life, handed to whoever stores what becomes of people.
#[derive(Clone, Copy, Debug)]
pub struct LifeCycle(pub &'static [Transition]);

impl LifeCycle {
    /// What happens to somebody of this status; `None`: nothing.
    pub fn next(self, from: Option<UserStatus>, event: LifeEvent, holds_device: bool) -> Option<&'static Transition> {
        self.of(event).find(|it| it.from == from && it.held.is_none_or(|held| held == holds_device))
    }

    /// The lines of one event.
    pub fn of(self, event: LifeEvent) -> impl Iterator<Item = &'static Transition> {
        self.0.iter().filter(move |it| it.event == event)
    }
}
