//! What a sign-in service says by its redirect: a code, a consent or an error, with the state that proves whose it is.

use secrecy::{ExposeSecret, SecretString};

use crate::auth::refusal::Refusal;

/// What a redirect is awaited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A code of a sign-in.
    Code,
    /// An administrator's consent, which brings no code.
    Consent,
}

/// The outcome that a redirect carries.
#[derive(Clone, Debug)]
pub(crate) enum Redirected {
    /// Signed in: exchange this for tokens.
    Code(SecretString),
    /// The page for consent was answered with yes. What else it says (a tenant) proves nothing and is not kept.
    Consented,
    /// Neither, in the service's own words.
    Refused(Refusal),
}

/// Why a query is no redirect of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotOurs {
    /// Nothing in it that is waited for: a stray visit.
    Nothing,
    /// A parameter twice (RFC 6749 §3.1 forbids it): somebody is playing.
    Doubled,
    /// Another sign-in's state, or none.
    ForeignState,
}

impl Redirected {
    /// Reads a query string, if it answers the sign-in that `state` belongs to.
    pub(super) fn read(query: &str, wanted: Wanted, state: &SecretString) -> Result<Self, NotOurs> {
        let (mut code, mut consent, mut error, mut given) = (None, None, None, None);
        let (mut description, mut subtype) = (None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let field = match name.as_ref() {
                "code" => &mut code,
                "admin_consent" => &mut consent,
                "error" => &mut error,
                "error_description" => &mut description,
                "error_subcode" | "suberror" => &mut subtype,
                "state" => &mut given,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(NotOurs::Doubled);
            }
        }
        let answer = match wanted {
            Wanted::Code => code.as_ref(),
            Wanted::Consent => consent.as_ref(),
        };
        if answer.is_none() && error.is_none() {
            return Err(NotOurs::Nothing);
        }
        if !given.is_some_and(|given| same(given.as_bytes(), state.expose_secret().as_bytes())) {
            return Err(NotOurs::ForeignState);
        }
        // The error first: Microsoft sends `admin_consent=True` with a refusal as well.
        match (error, wanted) {
            (Some(error), _) => Ok(Self::Refused(Refusal { error, description, subtype, ..Refusal::default() })),
            (None, Wanted::Code) => code.map(|code| Self::Code(code.into())).ok_or(NotOurs::Nothing),
            (None, Wanted::Consent) if consent.is_some_and(|given| given.eq_ignore_ascii_case("true")) => {
                Ok(Self::Consented)
            }
            (None, Wanted::Consent) => {
                Ok(Self::Refused(Refusal { error: "consent_required".into(), ..Refusal::default() }))
            }
        }
    }
}

/// Equality that takes as long for a near miss as for a far one, so that a local program cannot feel its way to the state.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && std::hint::black_box(one.iter().zip(other).fold(0_u8, |difference, (a, b)| difference | (a ^ b))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_consent_is_refused_whatever_else_it_says() {
        let state = SecretString::from("s");
        let read = |query: &str| Redirected::read(query, Wanted::Consent, &state);
        assert!(matches!(read("admin_consent=True&tenant=x&scope=a+b&state=s"), Ok(Redirected::Consented)));
        let no = "error=consent_required&error_description=AADSTS65004%3A+no&admin_consent=True&state=s";
        assert!(matches!(read(no), Ok(Redirected::Refused(Refusal { error, .. })) if error == "consent_required"));
        assert!(matches!(read("admin_consent=False&state=s"), Ok(Redirected::Refused(_))));
        assert!(matches!(read("error=permission_denied&state=s"), Ok(Redirected::Refused(_))));
        assert_eq!(read("admin_consent=True&state=other").unwrap_err(), NotOurs::ForeignState);
        assert_eq!(read("code=x&state=s").unwrap_err(), NotOurs::Nothing);
        let code = Redirected::read("admin_consent=True&state=s", Wanted::Code, &state);
        assert_eq!(code.unwrap_err(), NotOurs::Nothing);
    }
}
