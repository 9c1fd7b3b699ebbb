//! Microsoft's separate clouds, as values. Source: learn.microsoft.com/entra/identity-platform/authentication-national-cloud
//! and learn.microsoft.com/graph/deployments (2025). Tokens and app registrations of one are nothing in another.

use serde::{Deserialize, Serialize};

/// One of Microsoft's clouds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cloud {
    /// Everybody's, and GCC.
    #[default]
    Global,
    /// US Government L4 (GCC High).
    Usgov,
    /// US Government L5 (DoD).
    UsgovDod,
    /// China, run by 21Vianet.
    China,
}

/// Where a cloud is.
struct Facts {
    word: &'static str,
    login: &'static str,
    graph: &'static str,
    issuers: &'static [&'static str],
    portal: &'static str,
}

const GLOBAL: Facts = Facts {
    word: "global",
    login: "https://login.microsoftonline.com",
    graph: "https://graph.microsoft.com",
    issuers: &["https://login.microsoftonline.com"],
    portal: "https://entra.microsoft.com",
};
const USGOV: Facts = Facts {
    word: "usgov",
    login: "https://login.microsoftonline.us",
    graph: "https://graph.microsoft.us",
    issuers: &["https://login.microsoftonline.us"],
    portal: "https://entra.microsoft.us",
};
const USGOV_DOD: Facts = Facts { word: "usgov-dod", graph: "https://dod-graph.microsoft.us", ..USGOV };
const CHINA: Facts = Facts {
    word: "china",
    login: "https://login.partner.microsoftonline.cn",
    graph: "https://microsoftgraph.chinacloudapi.cn",
    // Two of Microsoft's own pages differ about the name.
    issuers: &["https://login.partner.microsoftonline.cn", "https://login.chinacloudapi.cn"],
    portal: "https://portal.azure.cn",
};

impl Cloud {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Global, Self::Usgov, Self::UsgovDod, Self::China];

    fn facts(self) -> &'static Facts {
        match self {
            Self::Global => &GLOBAL,
            Self::Usgov => &USGOV,
            Self::UsgovDod => &USGOV_DOD,
            Self::China => &CHINA,
        }
    }

    /// The stable word, as given to `--cloud`.
    pub fn as_str(self) -> &'static str {
        self.facts().word
    }

    /// The cloud of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| cloud.as_str() == word)
    }

    /// Where people sign in and tokens are given.
    pub fn login(self) -> &'static str {
        self.facts().login
    }

    /// Root of Microsoft Graph; also the first half of its permissions' full names.
    pub fn graph(self) -> &'static str {
        self.facts().graph
    }

    /// Where an app registration is mended.
    pub(super) fn portal(self) -> &'static str {
        self.facts().portal
    }

    /// Whether `issuer` is this cloud's for the tenant `tid`, in a version 2 token. Whatever address the tokens were
    /// really asked at: who issued them is Microsoft's to say.
    pub(super) fn issues(self, issuer: &str, tid: &str) -> bool {
        self.facts().issuers.iter().any(|host| issuer == format!("{host}/{tid}/v2.0"))
    }
}
