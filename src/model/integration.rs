//! An integration: one connected directory, its name, tenant and standing.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// The row number of an integration; stays with a tenant when it is deleted and added again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IntegrationId(pub i64);

impl fmt::Display for IntegrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A valid integration name: 1–64 characters, no control characters, no leading `-`, no blanks at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationName(String);

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing there.
    #[error("a name cannot be empty")]
    Empty,
    /// More than 64 characters.
    #[error("a name has at most 64 characters")]
    TooLong,
    /// A control character, which would garble terminals and logs.
    #[error("a name cannot contain control characters")]
    Control,
    /// A leading `-` would be read as an option.
    #[error("a name cannot begin with '-'")]
    Dash,
    /// A blank at either end, which nobody could see.
    #[error("a name cannot begin or end with a blank")]
    Blank,
}

impl IntegrationName {
    /// Checks `name`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(name: &str) -> Result<Self, InvalidName> {
        if name.is_empty() {
            Err(InvalidName::Empty)
        } else if name.chars().count() > 64 {
            Err(InvalidName::TooLong)
        } else if name.chars().any(char::is_control) {
            Err(InvalidName::Control)
        } else if name.starts_with('-') {
            Err(InvalidName::Dash)
        } else if name.trim() != name {
            Err(InvalidName::Blank)
        } else {
            Ok(Self(name.to_owned()))
        }
    }

    /// As the administrator wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two names are the same: lower case in every script.
    pub fn key(&self) -> String {
        Self::key_of(&self.0)
    }

    /// [`IntegrationName::key`] of a name typed to look one up.
    pub fn key_of(name: &str) -> String {
        name.to_lowercase()
    }
}

impl std::str::FromStr for IntegrationName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, InvalidName> {
        Self::new(name)
    }
}

impl fmt::Display for IntegrationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether an integration can work, as last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The last conversation went through.
    Connected,
    /// `dirsync reauth` is needed; nothing is tried until then.
    SignInNeeded,
    /// Signed in, but permissions are missing.
    ConsentNeeded,
    /// The organisation's policy refuses.
    Blocked,
    /// Settings on either side are wrong.
    Misconfigured,
}

impl Standing {
    /// The stable word for scripts and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::SignInNeeded => "sign_in_needed",
            Self::ConsentNeeded => "consent_needed",
            Self::Blocked => "blocked",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// The standing of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Connected, Self::SignInNeeded, Self::ConsentNeeded, Self::Blocked, Self::Misconfigured]
            .into_iter()
            .find(|standing| standing.as_str() == word)
    }
}

/// The organisation behind a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenant {
    /// The vendor's immutable id of the organisation; an integration never changes it.
    pub id: String,
    /// What people call it: the primary domain or the organisation's name.
    pub label: Option<String>,
    /// Its default domain, where the directory tells.
    pub domain: Option<String>,
}

/// One connected directory.
#[derive(Clone, Debug)]
pub struct Integration {
    /// Row number.
    pub id: IntegrationId,
    /// Unique among live integrations without regard to case.
    pub name: String,
    /// The provider's stable word (see the provider table).
    pub kind: String,
    /// The organisation.
    pub tenant: Tenant,
    /// Whether it can work.
    pub standing: Standing,
    /// Why not, in one sentence, when it cannot.
    pub standing_reason: Option<String>,
    /// Whose account signed in (or is impersonated).
    pub admin_email: Option<String>,
    /// The account's immutable id at the sign-in service.
    pub admin_subject: Option<String>,
    /// How it signs in, as the provider's own settings: method, client id, granted scopes … Never a secret.
    pub credentials: serde_json::Value,
    /// Time between syncs.
    pub interval: SignedDuration,
    /// When it was added (for the last time).
    pub created_at: Timestamp,
    /// When somebody last signed in.
    pub signed_in_at: Option<Timestamp>,
    /// When the last complete fetch began.
    pub last_sync_at: Option<Timestamp>,
    /// How the last run ended.
    pub last_sync_outcome: Option<crate::model::Outcome>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_visible_short_and_never_an_option() {
        for (name, wrong) in [
            ("", InvalidName::Empty),
            (&"x".repeat(65) as &str, InvalidName::TooLong),
            ("a\nb", InvalidName::Control),
            ("-corp", InvalidName::Dash),
            (" corp", InvalidName::Blank),
        ] {
            assert_eq!(IntegrationName::new(name), Err(wrong), "{name:?}");
        }
        for name in ["corp", "Müller & Söhne", &"ß".repeat(64), "日本"] {
            assert_eq!(IntegrationName::new(name).unwrap().as_str(), name);
        }
        assert_eq!(IntegrationName::new("CORP").unwrap().key(), IntegrationName::key_of("corp"));
    }
}
