//! The reasoning about a device in words: what each rule came to, and what follows.

use crate::model::{Ignored, RANK_OF_HAND, Reasoning, Trial};

/// What one rule came to, in one sentence.
pub fn verdict(trial: &Trial) -> String {
    let rule = &trial.rule;
    let found = found(trial);
    if rule.lacks_attribute() {
        return "not tried: no attribute is named that holds serial numbers".into();
    }
    if !rule.enabled {
        return format!("disabled; it {found}");
    }
    if rule.only_suggests() {
        return format!("only a suggestion: it {found}");
    }
    found
}

fn found(trial: &Trial) -> String {
    if !trial.unfit.is_empty() {
        return format!("is not for this device ({})", trial.unfit.join(", "));
    }
    let counting = trial.told.iter().filter(|told| told.ignored_because.is_none()).count();
    if trial.told.is_empty() {
        return "has no evidence".into();
    }
    if counting == 0 {
        return match trial.told[0].ignored_because {
            Some(Ignored::Settled) => {
                "does not count its evidence: it was carried out, or somebody decided since".into()
            }
            _ => "does not count its evidence: the device was taken from somebody since".into(),
        };
    }
    let passing: Vec<&str> =
        trial.candidates.iter().filter(|it| it.fails.is_empty()).map(|it| it.user.as_str()).collect();
    match (passing.as_slice(), trial.candidates.as_slice()) {
        ([one], _) => format!("names {one}"),
        ([], []) => "names nobody who is here".into(),
        ([], candidates) => {
            let each: Vec<String> =
                candidates.iter().map(|it| format!("{} is not: {}", it.user, it.fails.join(", "))).collect();
            format!("names nobody who may receive it ({})", each.join("; "))
        }
        (several, _) => format!("names {} people and does not guess ({})", several.len(), several.join(", ")),
    }
}

/// Whose the device is or will be, and why.
pub fn conclusion(reasoning: &Reasoning) -> String {
    let Some(winner) = &reasoning.winner else {
        return match &reasoning.holder {
            Some(holder) => format!("stays with {}: no rule names one person", holder.user),
            None if reasoning.shared => "nobody's: it is shared, and no rule names one person".into(),
            None => "nobody's: no rule names one person".into(),
        };
    };
    let by = format!("rule '{}' names {}", winner.rule, winner.user);
    match &reasoning.holder {
        _ if reasoning.gives => match &reasoning.holder {
            Some(holder) => format!("goes from {} to {}: {by}", holder.user, winner.user),
            None => format!("goes to {}: {by}", winner.user),
        },
        Some(holder) if holder.user_id == winner.user_id => format!("stays with {}: {by}", holder.user),
        Some(holder) if holder.pinned => format!("stays with {}: {by}, but it is pinned", holder.user),
        _ if reasoning.shared => format!("no rule gives it away: {by}, but it is shared"),
        Some(holder) if holder.rank <= RANK_OF_HAND => {
            format!("stays with {}: {by}, but it was given by hand", holder.user)
        }
        Some(holder) if holder.source == format!("rule:{}", winner.rule) => {
            format!("stays with {}: {by}, but gave it to them, and nothing newer was told since", holder.user)
        }
        Some(holder) if means(reasoning, &winner.rule, holder.user_id) => {
            format!("stays with {}: {by}, but its evidence means the holder as well", holder.user)
        }
        Some(holder) => {
            let what = format!("what {} gave with rank {}", holder.source, holder.rank);
            format!("stays with {}: {by}, but that rule does not replace {what}", holder.user)
        }
        None => {
            format!("nobody's: {by}, but that was told before they came, and may have meant another who was called so")
        }
    }
}

/// Whether what a rule believes means somebody, who may receive the device or not.
fn means(reasoning: &Reasoning, rule: &str, user: i64) -> bool {
    let trial = reasoning.trials.iter().find(|trial| trial.rule.name == rule);
    trial.is_some_and(|trial| trial.candidates.iter().any(|candidate| candidate.user_id == user))
}
