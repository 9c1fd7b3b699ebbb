//! The truth about the organisation, for tests to hold an import against.

use serde_json::{Map, Value, json};

use super::state::slot;
use super::{DOMAINS, INITIAL_DOMAIN, Slot, Tenant};
use crate::sandbox::entra::wire::fields::{ALL_OF_GROUP, ALL_OF_USER};
use crate::sandbox::entra::wire::user::Boss;
use crate::sandbox::entra::wire::writer::Manner;
use crate::sandbox::entra::wire::{group, user};

impl Tenant {
    /// The whole present organisation in Graph's own shape: `tenant_id`, `organization`, `users` (with `manager`),
    /// `groups`, `members` (by group id), `deleted`, `day`.
    pub(in crate::sandbox::entra) fn truth(&self) -> Value {
        let everybody = || 0..slot(self.people.len());
        let person =
            |slot: Slot| value(|out| user::write(out, self, slot, ALL_OF_USER, Manner::Listed, Boss::Expanded));
        let live = || (0..slot(self.groups.len())).filter(|slot| self.group(*slot).live);
        let groups: Vec<Value> = live()
            .map(|slot| value(|out| group::open(out, self.group(slot), ALL_OF_GROUP, Manner::Listed).close()))
            .collect();
        let members: Map<String, Value> = live()
            .map(|slot| {
                let group = self.group(slot);
                let shown =
                    group.members.iter().filter(|member| member.is_in() && self.shows(member.kind, member.index));
                let listed =
                    shown.map(|member| value(|out| group::reference(out, self, (member.kind, member.index), false)));
                (group.id.to_string(), listed.collect())
            })
            .collect();
        json!({
            "tenant_id": self.id.to_string(),
            "organization": self.organization(true),
            "day": self.day,
            "users": everybody().filter(|slot| self.person(*slot).is_present()).map(person).collect::<Vec<_>>(),
            "groups": groups,
            "members": members,
            "deleted": everybody().filter(|slot| self.person(*slot).deleted_day().is_some()).map(person).collect::<Vec<_>>(),
        })
    }

    /// The organization resource; without `whole`, what `User.Read` may see.
    pub(in crate::sandbox::entra) fn organization(&self, whole: bool) -> Value {
        let domain = |name: &&str| {
            json!({"name": name, "isDefault": *name == DOMAINS[0], "isInitial": *name == INITIAL_DOMAIN,
                "type": "Managed", "capabilities": "Email, OfficeCommunicationsOnline"})
        };
        let shown = |value: Value| if whole { value } else { Value::Null };
        json!({
            "id": self.id.to_string(),
            "displayName": "Brightwater",
            "verifiedDomains": DOMAINS.iter().map(domain).collect::<Vec<_>>(),
            "tenantType": shown(json!("AAD")),
            "countryLetterCode": shown(json!("GB")),
            "preferredLanguage": shown(json!("en")),
            "onPremisesSyncEnabled": shown(json!(true)),
            "onPremisesLastSyncDateTime": shown(json!(super::moment(i64::from(self.day), 600))),
        })
    }
}

/// What a writer wrote, as a value.
fn value(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut out = Vec::new();
    write(&mut out);
    serde_json::from_slice(&out).unwrap_or_default()
}
