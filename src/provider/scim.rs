//! SCIM 2.0: a directory of whatever make that calls us. There is nothing to ask it; what is pushed is the `scim` room's.

use super::{Direction, ProviderSpec, Push};

/// SCIM 2.0.
pub const SPEC: ProviderSpec =
    ProviderSpec { kind: "scim", label: "SCIM 2.0", direction: Direction::Push(Push { client }) };

/// Words that occur in what clients call themselves, in lower case, and who they are. Only Okta says what its client is
/// called ("Okta SCIM Client 1.0.0"); the others are taken at their name.
const CLIENTS: &[(&str, &str)] = &[
    ("okta", "Okta"),
    ("onelogin", "OneLogin"),
    ("jumpcloud", "JumpCloud"),
    ("pingone", "PingOne"),
    ("pingfederate", "PingFederate"),
    ("azure", "Microsoft Entra ID"),
    ("entra", "Microsoft Entra ID"),
    ("microsoft", "Microsoft Entra ID"),
    ("google", "Google Workspace"),
    ("rippling", "Rippling"),
    ("sailpoint", "SailPoint"),
    ("keycloak", "Keycloak"),
    ("authentik", "authentik"),
    ("scim2-tester", "scim2-tester"),
    ("scim-sanity", "scim-sanity"),
];

fn client(agent: &str) -> Option<&'static str> {
    let agent = agent.to_lowercase();
    CLIENTS.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_known_by_what_they_call_themselves() {
        assert_eq!(client("Okta SCIM Client 1.0.0"), Some("Okta"));
        assert_eq!(client("curl/8.1"), None);
        assert!(CLIENTS.iter().all(|(word, _)| *word == word.to_lowercase()));
    }
}
