//! The life of a person as one table: every status, everything that can happen, and what comes of it. The store asks it
//! for every change of a status, so that there is no other word on who stays and who goes.

use crate::model::ChangeKind::{Changed, Joined, Left, Missing, Retained, Returned};
use crate::model::LifeEvent as On;
use crate::model::UserStatus as Is;
use crate::model::{ChangeKind, LifeCycle, LifeEvent, Transition, UserStatus};

/// The table, to be handed to the store.
pub const LIFE_CYCLE: LifeCycle = LifeCycle(TRANSITIONS);

/// The life cycle. What is not in it does not happen.
///
/// | from | event | holds no device | holds one |
/// |---|---|---|---|
/// | – | seen enabled / disabled | active / suspended | – |
/// | active | seen disabled | suspended | suspended |
/// | suspended | seen enabled | active | active |
/// | –, active, suspended | left out by the scope | `out_of_scope` | `out_of_scope` |
/// | `out_of_scope` | seen enabled / disabled, and in the scope | active / suspended | same |
/// | active, suspended, `out_of_scope` | absent, or their removal waits for approval | missing | missing |
/// | missing, retained, removed | seen enabled / disabled / left out | active / suspended / `out_of_scope`, same row | same |
/// | missing | absent for long enough | removed | retained (missing) |
/// | active, suspended, `out_of_scope`, missing | the directory says deleted | removed | retained (missing) |
/// | active, suspended, `out_of_scope`, missing | deleted by a directory that pushes | removed | retained (`scim_delete`) |
/// | active, suspended, `out_of_scope`, missing, retained | integration deleted | removed | retained (`integration_deleted`) |
/// | active, suspended, `out_of_scope`, missing, retained | integration deleted, all kept | retained (`integration_deleted`) | same |
/// | retained | pruned | removed | – |
/// | missing, retained | linked to somebody who is there | removed | – |
/// | active, suspended, `out_of_scope`, missing, retained | forgotten | removed | – |
///
/// Nobody who holds a device comes to `removed`: whoever is to be forgotten or linked has to be unassigned first. (Of somebody who
/// came and went between two runs a tombstone alone is stored, to hide their memberships; that is no life.)
pub const TRANSITIONS: &[Transition] = &[
    seen(None, On::SeenEnabled, Is::Active, Joined),
    seen(None, On::SeenDisabled, Is::Suspended, Joined),
    seen(Some(Is::Suspended), On::SeenEnabled, Is::Active, Changed),
    seen(Some(Is::Active), On::SeenDisabled, Is::Suspended, Changed),
    seen(Some(Is::Missing), On::SeenEnabled, Is::Active, Returned),
    seen(Some(Is::Missing), On::SeenDisabled, Is::Suspended, Returned),
    seen(Some(Is::Retained), On::SeenEnabled, Is::Active, Returned),
    seen(Some(Is::Retained), On::SeenDisabled, Is::Suspended, Returned),
    seen(Some(Is::Removed), On::SeenEnabled, Is::Active, Returned),
    seen(Some(Is::Removed), On::SeenDisabled, Is::Suspended, Returned),
    seen(None, On::LeftOut, Is::OutOfScope, Changed),
    seen(Some(Is::Active), On::LeftOut, Is::OutOfScope, Changed),
    seen(Some(Is::Suspended), On::LeftOut, Is::OutOfScope, Changed),
    seen(Some(Is::OutOfScope), On::SeenEnabled, Is::Active, Changed),
    seen(Some(Is::OutOfScope), On::SeenDisabled, Is::Suspended, Changed),
    seen(Some(Is::Missing), On::LeftOut, Is::OutOfScope, Returned),
    seen(Some(Is::Retained), On::LeftOut, Is::OutOfScope, Returned),
    seen(Some(Is::Removed), On::LeftOut, Is::OutOfScope, Returned),
    seen(Some(Is::Active), On::Absent, Is::Missing, Missing),
    seen(Some(Is::Suspended), On::Absent, Is::Missing, Missing),
    seen(Some(Is::OutOfScope), On::Absent, Is::Missing, Missing),
    goes(Is::Missing, On::GraceOver),
    stays(Is::Missing, On::GraceOver, "missing"),
    goes(Is::Active, On::SaidDeleted),
    stays(Is::Active, On::SaidDeleted, "missing"),
    goes(Is::Suspended, On::SaidDeleted),
    stays(Is::Suspended, On::SaidDeleted, "missing"),
    goes(Is::OutOfScope, On::SaidDeleted),
    stays(Is::OutOfScope, On::SaidDeleted, "missing"),
    goes(Is::Missing, On::SaidDeleted),
    stays(Is::Missing, On::SaidDeleted, "missing"),
    goes(Is::Active, On::PushedDelete),
    stays(Is::Active, On::PushedDelete, "scim_delete"),
    goes(Is::Suspended, On::PushedDelete),
    stays(Is::Suspended, On::PushedDelete, "scim_delete"),
    goes(Is::OutOfScope, On::PushedDelete),
    stays(Is::OutOfScope, On::PushedDelete, "scim_delete"),
    goes(Is::Missing, On::PushedDelete),
    stays(Is::Missing, On::PushedDelete, "scim_delete"),
    goes(Is::Active, On::IntegrationDeleted),
    stays(Is::Active, On::IntegrationDeleted, "integration_deleted"),
    goes(Is::Suspended, On::IntegrationDeleted),
    stays(Is::Suspended, On::IntegrationDeleted, "integration_deleted"),
    goes(Is::OutOfScope, On::IntegrationDeleted),
    stays(Is::OutOfScope, On::IntegrationDeleted, "integration_deleted"),
    goes(Is::Missing, On::IntegrationDeleted),
    stays(Is::Missing, On::IntegrationDeleted, "integration_deleted"),
    goes(Is::Retained, On::IntegrationDeleted),
    Transition { change: Changed, ..stays(Is::Retained, On::IntegrationDeleted, "integration_deleted") },
    kept(Is::Active, Retained),
    kept(Is::Suspended, Retained),
    kept(Is::OutOfScope, Retained),
    kept(Is::Missing, Retained),
    kept(Is::Retained, Changed),
    goes(Is::Retained, On::Pruned),
    goes(Is::Missing, On::Linked),
    goes(Is::Retained, On::Linked),
    goes(Is::Active, On::Forgotten),
    goes(Is::Suspended, On::Forgotten),
    goes(Is::OutOfScope, On::Forgotten),
    goes(Is::Missing, On::Forgotten),
    goes(Is::Retained, On::Forgotten),
];

/// What happens to somebody of this status; `None`: nothing.
pub fn next(from: Option<UserStatus>, event: LifeEvent, holds_device: bool) -> Option<&'static Transition> {
    LIFE_CYCLE.next(from, event, holds_device)
}

/// Whether they hold a device makes no difference.
const fn seen(from: Option<UserStatus>, event: LifeEvent, to: UserStatus, change: ChangeKind) -> Transition {
    Transition { from, event, held: None, to, reason: None, change }
}

/// Whoever holds no device goes.
const fn goes(from: UserStatus, event: LifeEvent) -> Transition {
    Transition { from: Some(from), event, held: Some(false), to: Is::Removed, reason: None, change: Left }
}

/// Whoever holds a device stays.
const fn stays(from: UserStatus, event: LifeEvent, reason: &'static str) -> Transition {
    let to = Is::Retained;
    Transition { from: Some(from), event, held: Some(true), to, reason: Some(reason), change: Retained }
}

const fn kept(from: UserStatus, change: ChangeKind) -> Transition {
    let (to, reason) = (Is::Retained, Some("integration_deleted"));
    Transition { from: Some(from), event: On::IntegrationKept, held: None, to, reason, change }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn statuses() -> impl Iterator<Item = Option<UserStatus>> {
        std::iter::once(None).chain(UserStatus::ALL.map(Some))
    }

    #[test]
    fn there_is_at_most_one_way_and_the_order_of_the_table_does_not_matter() {
        for (from, event) in statuses().flat_map(|from| LifeEvent::ALL.map(|event| (from, event))) {
            for holds in [false, true] {
                let ways = TRANSITIONS
                    .iter()
                    .filter(|it| it.from == from && it.event == event && it.held.is_none_or(|held| held == holds));
                assert!(ways.count() <= 1, "{from:?} {event:?} {holds}");
            }
        }
    }

    #[test]
    fn nobody_who_holds_a_device_goes() {
        for it in TRANSITIONS.iter().filter(|it| it.to == UserStatus::Removed) {
            assert_eq!(it.held, Some(false), "{it:?}");
        }
    }

    #[test]
    fn whoever_is_managed_has_a_way_at_every_end() {
        use UserStatus::{Active, Missing, OutOfScope, Retained, Suspended};
        for from in [Active, Suspended, OutOfScope, Missing] {
            for event in [On::SaidDeleted, On::PushedDelete, On::IntegrationDeleted, On::IntegrationKept] {
                for holds in [false, true] {
                    assert!(next(Some(from), event, holds).is_some(), "{from:?} {event:?} {holds}");
                }
            }
        }
        for from in [Active, Suspended, OutOfScope, Missing, Retained] {
            assert_eq!(next(Some(from), On::Forgotten, false).unwrap().to, UserStatus::Removed);
            assert_eq!(next(Some(from), On::Forgotten, true), None, "only once they are unassigned");
        }
    }

    #[test]
    fn being_left_out_is_no_departure_and_takes_no_device() {
        for status in UserStatus::ALL {
            for holds in [false, true] {
                let left_out = next(Some(status), On::LeftOut, holds);
                assert!(left_out.is_none_or(|it| it.to == UserStatus::OutOfScope && it.change != Left), "{status:?}");
                assert_eq!(left_out.is_none(), status == UserStatus::OutOfScope, "{status:?}");
            }
        }
    }

    #[test]
    fn what_happens_twice_changes_nothing_the_second_time() {
        for it in TRANSITIONS.iter().filter(|it| it.from != Some(it.to)) {
            for holds in [false, true].into_iter().filter(|holds| it.held.is_none_or(|held| held == *holds)) {
                let again = next(Some(it.to), it.event, holds);
                assert!(again.is_none_or(|again| again.to == it.to && again.reason == it.reason), "{it:?}");
            }
        }
    }

    #[test]
    fn kinds_of_change_tell_what_came_of_it() {
        for it in TRANSITIONS {
            let kind = match (it.from, it.to) {
                (None, UserStatus::OutOfScope) => Changed,
                (None, _) => Joined,
                (_, UserStatus::Removed) => Left,
                (_, UserStatus::Missing) => Missing,
                (Some(UserStatus::Retained), UserStatus::Retained) => Changed,
                (_, UserStatus::Retained) => Retained,
                (Some(UserStatus::Active | UserStatus::Suspended | UserStatus::OutOfScope), _) => Changed,
                _ => Returned,
            };
            assert_eq!(it.change, kind, "{it:?}");
            assert_eq!(it.reason.is_some(), it.to == UserStatus::Retained, "{it:?}");
        }
    }

    #[test]
    fn every_status_can_be_reached_and_left() {
        let mut reached = HashSet::new();
        let mut waiting = vec![None];
        while let Some(from) = waiting.pop() {
            for it in TRANSITIONS.iter().filter(|it| it.from == from) {
                if reached.insert(it.to) {
                    waiting.push(Some(it.to));
                }
            }
        }
        assert_eq!(reached.len(), UserStatus::ALL.len());
        for status in UserStatus::ALL {
            assert!(next(Some(status), On::SeenEnabled, true).is_some() || status == UserStatus::Active, "{status:?}");
        }
    }

    proptest! {
        /// However long a life, with devices given and taken in between.
        #[test]
        fn no_life_takes_a_holder_to_removed(
            days in prop::collection::vec((0..LifeEvent::ALL.len(), any::<bool>()), 1..60)
        ) {
            let mut status = None;
            for (event, device) in days {
                // A tombstone is given nothing.
                let holds = device && status.is_some() && status != Some(UserStatus::Removed);
                if let Some(transition) = next(status, LifeEvent::ALL[event], holds) {
                    status = Some(transition.to);
                }
                prop_assert!(!(holds && status == Some(UserStatus::Removed)));
            }
        }
    }
}
