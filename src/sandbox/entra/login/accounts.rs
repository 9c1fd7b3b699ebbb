//! The people one can sign in as, and the authorities (the tenant in the path) they can sign in at.

use crate::sandbox::entra::tenant::{DOMAINS, Slot, Tenant, ghost};

/// The tenant all personal Microsoft accounts are in.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The other organisation's domain.
const ELSEWHERE: &str = "elsewhere.example";

/// Where an account is at home, for the purposes of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::sandbox::entra) enum Home {
    Here,
    Elsewhere,
    Personal,
}

impl Home {
    /// The tenant's id.
    pub(in crate::sandbox::entra) fn tenant_id(self, tenant: &Tenant) -> String {
        match self {
            Self::Here => tenant.id.to_string(),
            Self::Elsewhere => ghost(20, 0).to_string(),
            Self::Personal => PERSONAL.to_owned(),
        }
    }
}

/// What an account may do in its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) enum Rights {
    /// May read everything, and consent for everybody.
    Admin,
    /// May read everything, and not consent.
    Reader,
    /// May read (as members may, by default), and not consent.
    Ordinary,
    /// May not list anybody.
    Guest,
    /// Disabled or gone.
    None,
}

/// An account at the pretend Microsoft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) struct Account {
    pub(in crate::sandbox::entra) oid: String,
    pub(in crate::sandbox::entra) upn: String,
    pub(in crate::sandbox::entra) name: String,
    pub(in crate::sandbox::entra) home: Home,
    pub(in crate::sandbox::entra) rights: Rights,
    /// What the account is good for, on the consent page.
    pub(in crate::sandbox::entra) note: &'static str,
}

impl Account {
    /// The choice on the consent page, the admin first.
    pub(super) fn choice(tenant: &Tenant) -> Vec<Self> {
        let notes = [
            "Global Administrator",
            "Directory Reader: reads everything, cannot consent for others",
            "ordinary user",
            "guest from another organisation",
        ];
        let staff = notes.iter().zip(0..).map(|(note, slot)| Self { note, ..Self::of(tenant, slot) });
        let disabled = tenant.people.iter().position(|person| !person.enabled && person.is_present());
        let disabled = disabled.and_then(|slot| Slot::try_from(slot).ok());
        let disabled = disabled.map(|slot| Self { note: "disabled account", ..Self::of(tenant, slot) });
        let outside = |index, upn: &str, name: &str, home, rights, note| Self {
            oid: ghost(21, index).to_string(),
            upn: upn.to_owned(),
            name: name.to_owned(),
            home,
            rights,
            note,
        };
        let personal = outside(
            0,
            "pat.private@outlook.example",
            "Pat Private",
            Home::Personal,
            Rights::Ordinary,
            "personal account, no organisation",
        );
        let other = outside(
            1,
            &format!("admin@{ELSEWHERE}"),
            "Eli Elsewhere",
            Home::Elsewhere,
            Rights::Admin,
            "Global Administrator of another organisation",
        );
        staff.chain(disabled).chain([personal, other]).collect()
    }

    /// Anybody who can sign in, by UPN or id.
    pub(in crate::sandbox::entra) fn find(tenant: &Tenant, key: &str) -> Option<Self> {
        let chosen = Self::choice(tenant)
            .into_iter()
            .find(|account| account.upn.eq_ignore_ascii_case(key) || account.oid == key);
        chosen.or_else(|| tenant.find_person(key).map(|slot| Self::of(tenant, slot)))
    }

    fn of(tenant: &Tenant, slot: Slot) -> Self {
        let person = tenant.person(slot);
        let rights = match slot {
            _ if !person.enabled || !person.is_present() => Rights::None,
            0 => Rights::Admin,
            1 => Rights::Reader,
            _ if person.is_guest() => Rights::Guest,
            _ => Rights::Ordinary,
        };
        Self {
            oid: person.id.to_string(),
            upn: person.upn.to_string(),
            name: person.display_name(),
            home: Home::Here,
            rights,
            note: "user",
        }
    }

    /// What the account may do at this moment.
    pub(in crate::sandbox::entra) fn rights_now(&self, tenant: &Tenant) -> Rights {
        match self.home {
            Home::Here => tenant.find_person(&self.oid).map_or(Rights::None, |slot| Self::of(tenant, slot).rights),
            _ => self.rights,
        }
    }
}

/// The tenant in a path of the sign-in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    /// One tenant, by id or domain.
    Of(Home),
    Organizations,
    Common,
}

impl Authority {
    pub(super) fn named(tenant: &Tenant, name: &str) -> Option<Self> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        Some(match name {
            "common" => Self::Common,
            "organizations" => Self::Organizations,
            "consumers" => Self::Of(Home::Personal),
            _ if is(&tenant.id.to_string()) || DOMAINS.iter().any(|domain| is(domain)) => Self::Of(Home::Here),
            _ if is(&Home::Elsewhere.tenant_id(tenant)) || is(ELSEWHERE) => Self::Of(Home::Elsewhere),
            _ if is(PERSONAL) => Self::Of(Home::Personal),
            _ => return None,
        })
    }

    /// Whether an account can sign in here.
    pub(super) fn admits(self, home: Home) -> bool {
        match self {
            Self::Of(only) => only == home,
            Self::Organizations => home != Home::Personal,
            Self::Common => true,
        }
    }
}

/// Whom the consent page offers: UPN, and what the account is good for.
pub(in crate::sandbox::entra) fn accounts(tenant: &Tenant) -> Vec<(String, &'static str)> {
    Account::choice(tenant).into_iter().map(|account| (account.upn, account.note)).collect()
}
