//! From what was given to a way of signing in that is whole: contradictions are refused, what is missing is asked for.

use super::{CliError, Context};
use crate::auth::{Need, Offered, Service};

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
    let given = |need: &Need| (need.given)(&offered);
    let begun = |ways: usize| service.ways[ways].needs.iter().filter(|need| given(need)).count();
    // Of several that were begun, the one of which most is there; of equals the first, which is the usual one.
    let most = (0..service.ways.len()).rev().max_by_key(|way| begun(*way)).filter(|way| begun(*way) > 0);
    let way = match most {
        Some(way) => &service.ways[way],
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
