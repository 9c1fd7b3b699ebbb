//! From what was given to a way of signing in that is whole: contradictions are refused, what is missing is asked for.

use super::{CliError, Context};
use crate::auth::{Need, Offered, Service, Way};

/// Refuses what does not go together; `remembered` is of an integration that signs in again.
pub(super) fn check(
    service: &Service,
    offered: &Offered,
    remembered: Option<&serde_json::Value>,
) -> Result<(), CliError> {
    match (service.mistake)(offered, remembered) {
        Some(mistake) => Err(CliError::usage(mistake.message).hint(mistake.hint)),
        None => Ok(()),
    }
}

/// Asks for what a service needs and was not given: the rest of the way that flags began, or else a way of choice.
pub(super) fn complete(context: &Context, service: &Service, mut offered: Offered) -> Result<Offered, CliError> {
    check(service, &offered, None)?;
    let way = match begun(service.ways, &offered) {
        Some(way) => way,
        None => {
            let flags: Vec<&str> = service.ways.iter().map(|way| way.flags).collect();
            let labels: Vec<String> = service.ways.iter().map(|way| way.label.to_owned()).collect();
            &service.ways[context.prompt.select("How do you want to sign in?", &flags.join(", or "), &labels)?]
        }
    };
    (way.choose)(&mut offered);
    for need in way.needs {
        if (need.given)(&offered) {
            continue;
        }
        let answer = if need.file {
            context.prompt.file(need.question, need.flag)?.to_string_lossy().into_owned()
        } else {
            let filled = |answer: &str| if answer.is_empty() { Err("an answer is needed".into()) } else { Ok(()) };
            context.prompt.text(need.question, need.flag, None, filled)?
        };
        (need.set)(&mut offered, answer.clone());
        if let Some(setting) = need.remember {
            super::remember::offer(context, setting, &answer, need.file)?;
        }
    }
    check(service, &offered, None)?;
    Ok(offered)
}

/// The way that what was given tells. A way's first need is its mark; ways that share one come after the usual way, and
/// have a mark of their own. Without a mark it may be that only one way has any use for what was given.
fn begun<'a>(ways: &'a [Way], offered: &Offered) -> Option<&'a Way> {
    let given = |need: &Need| (need.given)(offered);
    let marked = ways.iter().rev().find(|way| way.needs.first().is_some_and(given));
    marked.or_else(|| {
        let mut useful = ways.iter().filter(|way| way.needs.iter().any(given));
        useful.next().filter(|_| useful.next().is_none())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth;

    #[test]
    fn what_is_given_tells_the_way() {
        let way = |kind: &str, offered: Offered| {
            let ways = auth::service(kind).unwrap().ways;
            begun(ways, &offered).map(|way| way.flags.split(' ').next_back().unwrap())
        };
        let entra = |more: fn(&mut Offered)| {
            let mut offered = Offered { client_id: Some("id".into()), ..Offered::default() };
            more(&mut offered);
            way("entra", offered)
        };
        // Both may be remembered: the usual way stays the browser.
        assert_eq!(entra(|it| it.tenant = Some("t".into())), Some("ID"));
        assert_eq!(entra(|_| {}), Some("ID"));
        assert_eq!(entra(|it| it.device_code = true), Some("--device-code"));
        assert_eq!(entra(|it| it.certificate = Some("c".into())), Some("PEM"));
        assert_eq!(entra(|it| it.client_secret_file = Some("s".into())), Some("FILE"));
        assert_eq!(way("entra", Offered { tenant: Some("t".into()), ..Offered::default() }), None);
        assert_eq!(way("google", Offered { admin: Some("a".into()), ..Offered::default() }), Some("EMAIL"));
        assert_eq!(way("google", Offered::default()), None);
    }
}
