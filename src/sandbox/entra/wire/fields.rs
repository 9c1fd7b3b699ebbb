//! The properties of users and groups, each with a bit, so that "which" is one number.

/// Properties of a user, in the order they are written; a property's bit is its place.
pub(in crate::sandbox::entra) const USER: &[&str] = &[
    "id",
    "userPrincipalName",
    "mail",
    "otherMails",
    "proxyAddresses",
    "displayName",
    "givenName",
    "surname",
    "jobTitle",
    "department",
    "companyName",
    "officeLocation",
    "employeeId",
    "employeeType",
    "mobilePhone",
    "businessPhones",
    "preferredLanguage",
    "usageLocation",
    "accountEnabled",
    "userType",
    "externalUserState",
    "onPremisesSyncEnabled",
    "onPremisesSamAccountName",
    "onPremisesImmutableId",
    "createdDateTime",
    "deletedDateTime",
    "manager",
];

/// Properties of a group.
pub(in crate::sandbox::entra) const GROUP: &[&str] = &[
    "id",
    "displayName",
    "description",
    "mail",
    "mailEnabled",
    "mailNickname",
    "securityEnabled",
    "groupTypes",
    "visibility",
    "membershipRule",
    "membershipRuleProcessingState",
    "proxyAddresses",
    "onPremisesSyncEnabled",
    "onPremisesSamAccountName",
    "createdDateTime",
    "deletedDateTime",
    "members",
];

/// Properties that exist and that nobody here ever set.
pub(in crate::sandbox::entra) const UNSET: &[&str] = &[
    "ageGroup",
    "city",
    "classification",
    "country",
    "creationType",
    "employeeHireDate",
    "employeeOrgData",
    "expirationDateTime",
    "faxNumber",
    "identities",
    "imAddresses",
    "isAssignableToRole",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesExtensionAttributes",
    "onPremisesLastSyncDateTime",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
    "postalCode",
    "preferredDataLocation",
    "renewedDateTime",
    "state",
    "streetAddress",
    "theme",
];

/// Properties of another store, which collections cannot show.
pub(in crate::sandbox::entra) const ELSEWHERE: &[&str] =
    &["aboutMe", "birthday", "hireDate", "interests", "mailboxSettings", "mySite", "skills", "schools"];

/// The bits of named properties.
pub(in crate::sandbox::entra) const fn user(name: &str) -> u32 {
    bit(USER, name)
}

/// The bits of named properties.
pub(in crate::sandbox::entra) const fn group(name: &str) -> u32 {
    bit(GROUP, name)
}

const fn bit(names: &[&str], name: &str) -> u32 {
    let mut place = 0;
    while place < names.len() {
        if same(names[place].as_bytes(), name.as_bytes()) {
            return 1 << place;
        }
        place += 1;
    }
    0
}

const fn same(one: &[u8], two: &[u8]) -> bool {
    if one.len() != two.len() {
        return false;
    }
    let mut place = 0;
    while place < one.len() {
        if one[place] != two[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// All of a user, the manager too.
pub(in crate::sandbox::entra) const ALL_OF_USER: u32 = (1 << USER.len()) - 1;
/// All of a group.
pub(in crate::sandbox::entra) const ALL_OF_GROUP: u32 = (1 << GROUP.len()) - 1;

/// What a user shows without `$select`.
pub(in crate::sandbox::entra) const USER_DEFAULT: u32 = user("id")
    | user("businessPhones")
    | user("displayName")
    | user("givenName")
    | user("jobTitle")
    | user("mail")
    | user("mobilePhone")
    | user("officeLocation")
    | user("preferredLanguage")
    | user("surname")
    | user("userPrincipalName");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_has_a_bit_of_its_own() {
        assert_eq!((user("id"), user("mail"), user("nonsense")), (1, 4, 0));
        assert_eq!(USER_DEFAULT.count_ones(), 11);
        assert!(GROUP.iter().all(|name| group(name).count_ones() == 1));
    }
}
