//! Disasters: a share of the people disappears from the listing, and comes back.

use super::oddities::ACCOUNTS;
use super::{Presence, Tenant};
use crate::sandbox::random::mix;

impl Tenant {
    /// Takes `percent` of the people out of the listing; on to the deleted list, if `deleted`. Returns their ids. The
    /// accounts one signs in with stay.
    pub(in crate::sandbox) fn vanish(&mut self, percent: usize, deleted: bool) -> Vec<String> {
        let mut slots: Vec<u32> = self.order.iter().copied().filter(|&slot| slot as usize >= ACCOUNTS).collect();
        let count = (self.order.len() * percent.min(100)).div_ceil(100).min(slots.len());
        slots.sort_by_key(|&slot| mix(self.seed ^ u64::from(slot)));
        slots.truncate(count);
        slots.sort_unstable();
        let presence = if deleted { Presence::HiddenDeleted { day: self.day } } else { Presence::Hidden };
        for &slot in &slots {
            self.people[slot as usize].presence = presence;
        }
        self.settle();
        slots.iter().map(|&slot| self.person(slot).id_text()).collect()
    }

    /// Brings everybody back who vanished, with their memberships. Returns their ids.
    pub(in crate::sandbox) fn unvanish(&mut self) -> Vec<String> {
        let mut back = Vec::new();
        for person in &mut self.people {
            if matches!(person.presence, Presence::Hidden | Presence::HiddenDeleted { .. }) {
                person.presence = Presence::Present;
                back.push(person.id_text());
            }
        }
        self.settle();
        back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vanishing_is_undone() {
        let mut tenant = Tenant::generate(5, 100, 20, 500);
        let before = tenant.truth();
        let gone = tenant.vanish(40, true);
        assert_eq!((gone.len(), tenant.order.len()), (40, 60));
        assert_eq!(tenant.truth()["deleted"].as_array().unwrap().len(), 42);
        assert_eq!(tenant.unvanish(), gone);
        assert_eq!(tenant.truth()["users"].as_array().unwrap().len(), before["users"].as_array().unwrap().len());
        assert_eq!(tenant.vanish(100, false).len(), 96);
    }
}
