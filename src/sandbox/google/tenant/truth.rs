//! The whole present company in the API's own shape, for tests to compare an import with.

use serde_json::{Map, Value, json};

use super::Tenant;
use crate::sandbox::google::wire::mask::ALL;
use crate::sandbox::google::wire::user::Projection;
use crate::sandbox::google::wire::{group, org, user};

impl Tenant {
    /// Everything the API would list, in full projection.
    pub(in crate::sandbox) fn truth(&self) -> Value {
        let people = |order: &[u32]| -> Vec<Value> {
            order.iter().map(|&slot| value(|out| user::write(out, self, slot, &ALL, &Projection::Full))).collect()
        };
        let members: Map<String, Value> = self
            .group_order
            .iter()
            .map(|&slot| {
                let listed = self.group(slot).members.iter().filter(|member| self.lists(member));
                let list = listed.map(|member| value(|out| group::write_member(out, self, member, &ALL))).collect();
                (self.group(slot).id_text(), Value::Array(list))
            })
            .collect();
        let groups: Vec<Value> =
            self.group_order.iter().map(|&slot| value(|out| group::write(out, self, slot, &ALL))).collect();
        json!({
            "customer_id": self.customer_id,
            "day": self.day,
            "users": people(&self.order),
            "groups": groups,
            "members": members,
            "deleted": people(&self.deleted_order),
            "org_units": org::units(self),
            "domains": org::domains(),
        })
    }
}

/// What a writer wrote, as a value.
fn value(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut out = Vec::new();
    write(&mut out);
    serde_json::from_slice(&out).unwrap_or_default()
}
