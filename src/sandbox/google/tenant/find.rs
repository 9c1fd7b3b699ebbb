//! Finding people and groups by the keys Google accepts: id, primary address, alias.

use super::group::stranger;
use super::state::{Slot, Tenant, slot};
use super::{Group, Kind, Member, Person};

impl Tenant {
    pub(in crate::sandbox) fn person(&self, slot: Slot) -> &Person {
        &self.people[slot as usize]
    }

    pub(in crate::sandbox) fn group(&self, slot: Slot) -> &Group {
        &self.groups[slot as usize]
    }

    /// The person listed under `key`.
    pub(in crate::sandbox) fn find_person(&self, key: &str) -> Option<Slot> {
        self.find_person_where(key, &self.order, false)
    }

    /// The person on the deleted list under `key`.
    pub(in crate::sandbox) fn find_deleted(&self, key: &str) -> Option<Slot> {
        self.find_person_where(key, &self.deleted_order, true)
    }

    fn find_person_where(&self, key: &str, order: &[Slot], deleted: bool) -> Option<Slot> {
        if let Some(id) = parse_id(key) {
            let listed = |&slot: &Slot| {
                if deleted { self.person(slot).deleted_day().is_some() } else { self.person(slot).is_present() }
            };
            return self.by_id.get(&id).copied().filter(listed);
        }
        let key = key.to_ascii_lowercase();
        match order.binary_search_by(|&slot| self.person(slot).sort_key().as_str().cmp(&key)) {
            Ok(place) => Some(order[place]),
            Err(_) => {
                let has =
                    |&&slot: &&Slot| self.person(slot).aliases().iter().any(|alias| alias.eq_ignore_ascii_case(&key));
                order.iter().find(has).copied()
            }
        }
    }

    /// The group known by `key`.
    pub(in crate::sandbox) fn find_group(&self, key: &str) -> Option<Slot> {
        let by_address = |group: &Group| {
            group.email.eq_ignore_ascii_case(key) || group.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(key))
        };
        if key.contains('@') {
            return (0..slot(self.groups.len())).find(|&slot| self.group(slot).live && by_address(self.group(slot)));
        }
        let id = parse_group_id(key)?;
        self.group_by_id.get(&id).copied().filter(|&slot| self.group(slot).live)
    }

    /// Whether the API still lists this membership.
    pub(in crate::sandbox) fn lists(&self, member: &Member) -> bool {
        match member.kind {
            Kind::Person => self.person(member.index).in_groups(),
            Kind::Group => self.group(member.index).live,
            _ => true,
        }
    }

    /// A member's id and, but for everyone, address.
    pub(in crate::sandbox) fn identity(&self, member: &Member) -> (String, Option<String>) {
        match member.kind {
            Kind::Person => {
                let person = self.person(member.index);
                (person.id_text(), Some(person.email.to_string()))
            }
            Kind::Group => {
                let group = self.group(member.index);
                (group.id_text(), Some(group.email.clone()))
            }
            Kind::Customer => (self.customer_id.clone(), None),
            kind => {
                let (id, email) = stranger(kind, member.index);
                (id, Some(email))
            }
        }
    }

    /// Whether `key` names this member.
    pub(in crate::sandbox) fn is_called(&self, member: &Member, key: &str) -> bool {
        let (id, email) = self.identity(member);
        id == key
            || email.is_some_and(|email| email.eq_ignore_ascii_case(key))
            || (member.kind == Kind::Person
                && self.person(member.index).aliases().iter().any(|alias| alias.eq_ignore_ascii_case(key)))
    }

    /// Whether a group of another organisation is called `key`: its members and itself cannot be read.
    pub(in crate::sandbox) fn is_outside_group(&self, key: &str) -> bool {
        (0..4).any(|index| {
            let (id, email) = stranger(Kind::OutsideGroup, index);
            id == key || email.eq_ignore_ascii_case(key)
        })
    }
}

fn parse_id(key: &str) -> Option<u64> {
    (key.len() == 21 && key.starts_with('1')).then(|| key[1..].parse().ok()).flatten()
}

fn parse_group_id(key: &str) -> Option<u64> {
    let digits = key.strip_prefix("01").filter(|digits| digits.len() == 13)?;
    digits
        .bytes()
        .rev()
        .try_fold(0_u128, |id, digit| {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'v' => digit - b'a' + 10,
                _ => return None,
            };
            Some((id << 5) | u128::from(value))
        })
        .and_then(|id| u64::try_from(id).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_every_key() {
        let tenant = Tenant::generate(3, 40, 20, 100);
        for key in ["Kim.Newname@brightwater.example", "kim.oldname@BRIGHTWATER.example", &tenant.person(4).id_text()] {
            assert_eq!(tenant.find_person(key), Some(4), "{key}");
        }
        assert_eq!(tenant.find_group(&tenant.group(3).id_text()), Some(3));
        assert_eq!(tenant.find_group("toukyou@labs.brightwater.example"), Some(13));
        assert_eq!(tenant.find_group("01zzzzzzzzzzzzz"), None);
        assert_eq!(tenant.find_person("nobody"), None);
        let deleted = tenant.deleted_order[0];
        assert_eq!(tenant.find_deleted(&tenant.person(deleted).id_text()), Some(deleted));
    }
}
