//! The people one can sign in as.

use crate::sandbox::google::tenant::{Standing, Tenant};

/// An account at the pretend Google.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Account {
    /// The `sub` of id tokens.
    pub(in crate::sandbox) sub: String,
    pub(in crate::sandbox) email: String,
    pub(in crate::sandbox) name: String,
    /// The organisation's domain; consumers have none.
    pub(in crate::sandbox) hd: Option<String>,
    pub(in crate::sandbox) standing: Standing,
    /// What the account is good for, on the consent page.
    pub(in crate::sandbox) note: &'static str,
}

/// A consumer's account, in no organisation.
const CONSUMER: &str = "pat.private@gmail.com";

impl Account {
    /// The choice on the consent page, the super admin first.
    pub(super) fn choice(tenant: &Tenant) -> Vec<Self> {
        let notes =
            ["super admin", "delegated admin", "delegated admin for users only", "ordinary user, no admin rights"];
        let staff = notes.iter().zip(0..).filter_map(|(note, slot)| Some(Self { note, ..Self::of(tenant, slot)? }));
        staff
            .chain([Self {
                sub: "117000000000000000007".to_owned(),
                email: CONSUMER.to_owned(),
                name: "Pat Private".to_owned(),
                hd: None,
                standing: Standing::Ordinary,
                note: "personal Gmail account, no organisation",
            }])
            .collect()
    }

    /// Anybody who can sign in, by address, alias or id.
    pub(super) fn find(tenant: &Tenant, key: &str) -> Option<Self> {
        if key.eq_ignore_ascii_case(CONSUMER) {
            return Self::choice(tenant).pop();
        }
        Self::of(tenant, tenant.find_person(key)?)
    }

    fn of(tenant: &Tenant, slot: u32) -> Option<Self> {
        let person = tenant.people.get(slot as usize)?;
        Some(Self {
            sub: person.id_text(),
            email: person.email.to_string(),
            name: format!("{} {}", person.given, person.family),
            hd: person.email.split_once('@').map(|(_, domain)| domain.to_owned()),
            standing: person.standing,
            note: "user",
        })
    }
}
