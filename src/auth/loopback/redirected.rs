//! What a sign-in service says by its redirect: a code or an error, with the state that proves whose it is.

use secrecy::{ExposeSecret, SecretString};

/// The outcome that a redirect carries.
#[derive(Clone, Debug)]
pub(crate) enum Redirected {
    /// Signed in: exchange this for tokens.
    Code(SecretString),
    /// Not signed in, in the service's own words.
    Refused {
        /// `access_denied` and the like.
        error: String,
    },
}

/// Why a query is no redirect of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotOurs {
    /// Neither code nor error in it: a stray visit.
    Nothing,
    /// A parameter twice (RFC 6749 §3.1 forbids it): somebody is playing.
    Doubled,
    /// Another sign-in's state, or none.
    ForeignState,
}

impl Redirected {
    /// Reads a query string, if it answers the sign-in that `state` belongs to.
    pub(super) fn read(query: &str, state: &SecretString) -> Result<Self, NotOurs> {
        let (mut code, mut error, mut given) = (None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let field = match name.as_ref() {
                "code" => &mut code,
                "error" => &mut error,
                "state" => &mut given,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(NotOurs::Doubled);
            }
        }
        if code.is_none() && error.is_none() {
            return Err(NotOurs::Nothing);
        }
        if !given.is_some_and(|given| same(given.as_bytes(), state.expose_secret().as_bytes())) {
            return Err(NotOurs::ForeignState);
        }
        match (error, code) {
            (Some(error), _) => Ok(Self::Refused { error }),
            (None, Some(code)) => Ok(Self::Code(code.into())),
            (None, None) => Err(NotOurs::Nothing),
        }
    }
}

/// Equality that takes as long for a near miss as for a far one, so that a local program cannot feel its way to the state.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && std::hint::black_box(one.iter().zip(other).fold(0_u8, |difference, (a, b)| difference | (a ^ b))) == 0
}
