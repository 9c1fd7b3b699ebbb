//! Which requests a fault strikes: an area (and key), a number of requests to spare, a number to strike.

use serde::{Deserialize, Serialize};

use super::{Effect, Fault};
use crate::sandbox::stage::Call;

/// A fault and where it strikes. As JSON: `{"on":"members:GROUP","kind":"status","code":503,"times":2,"after":1}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Google: `users`, `groups`, `members`, `orgunits`, `domains`, `customers`, `schemas`, `auth`, `token`, `revoke`.
    /// Microsoft: `users`, `users/delta`, `groups`, `groups/delta`, `members`, `organization`, `me`, `deleted`,
    /// `authorize`, `token`, `devicecode`, `adminconsent`. `api` (or `graph`) for all of the directory's API; `*` for
    /// everything. With `:KEY`, only that user's or group's (id or e-mail).
    #[serde(default = "everything")]
    pub on: String,
    /// How many requests to strike; all of them when absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// How many matching requests to spare first.
    #[serde(default)]
    pub after: u32,
    /// What happens.
    #[serde(flatten)]
    pub fault: Fault,
}

fn everything() -> String {
    "*".to_owned()
}

impl Rule {
    /// A fault that strikes every request for `on`.
    pub fn new(on: &str, fault: Fault) -> Self {
        Self { on: on.to_owned(), times: None, after: 0, fault }
    }

    /// Strikes only so many times.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Spares so many requests first.
    #[must_use]
    pub fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    fn matches(&self, call: &Call) -> bool {
        let (area, key) = match self.on.split_once(':') {
            Some((area, key)) => (area, Some(key)),
            None => (self.on.as_str(), None),
        };
        let here = area == "*" || area == call.area || (matches!(area, "api" | "graph") && call.is_api);
        here && key.is_none_or(|key| call.keys.iter().any(|known| known.eq_ignore_ascii_case(key)))
    }
}

/// The rules in force, and how often each has met a request.
#[derive(Default)]
pub(in crate::sandbox) struct Faults(Vec<(Rule, u32)>);

impl Faults {
    pub(in crate::sandbox) fn add(&mut self, rule: Rule) {
        self.0.push((rule, 0));
    }

    pub(in crate::sandbox) fn clear(&mut self) {
        self.0.clear();
    }

    /// The rules in force.
    pub(in crate::sandbox) fn rules(&self) -> Vec<&Rule> {
        self.0.iter().map(|(rule, _)| rule).collect()
    }

    /// What strikes this request, in the order the rules were given; `means` is what a fault does to it.
    pub(in crate::sandbox) fn take(
        &mut self,
        call: &Call,
        means: impl Fn(&Fault, &Call) -> Option<Effect>,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (rule, met) in &mut self.0 {
            if !rule.matches(call) {
                continue;
            }
            let Some(effect) = means(&rule.fault, call) else { continue };
            let strikes = *met >= rule.after && rule.times.is_none_or(|times| *met - rule.after < times);
            *met = met.saturating_add(1);
            if strikes {
                effects.push(effect);
            }
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sandbox::params::Params;

    #[test]
    fn strikes_where_and_as_often_as_told() {
        let rule: Rule =
            serde_json::from_str(r#"{"on":"members:G1","kind":"status","code":503,"times":2,"after":1}"#).unwrap();
        let mut faults = Faults::default();
        faults.add(rule);
        let call = |area, key: &str| Call {
            area,
            is_api: true,
            keys: vec![key.to_owned()],
            params: Params::default(),
            here: String::new(),
            now: Timestamp::UNIX_EPOCH,
        };
        let mut struck = |area, key| !faults.take(&call(area, key), |_, _| Some(Effect::Hang)).is_empty();
        assert!(!struck("members", "g2") && !struck("groups", "g1"));
        assert_eq!((0..5).map(|_| struck("members", "g1")).collect::<Vec<_>>(), [false, true, true, false, false]);
    }

    #[test]
    fn rules_round_trip_as_json() {
        let rule = Rule::new("token", Fault::InvalidGrant { subtype: Some("invalid_rapt".into()) }).times(1);
        let json = serde_json::to_string(&rule).unwrap();
        assert!(json.contains(r#""kind":"invalid_grant""#), "{json}");
        assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule);
    }
}
