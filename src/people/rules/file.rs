//! Rules as a file of TOML: `[[rule]]` and its keys. What nobody understands is refused by name.

use serde::{Deserialize, Serialize};

use super::check::check;
use crate::model::Rule;

/// Why a file of rules cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRules {
    /// It is no such file.
    #[error("line {line}: {message}")]
    Unreadable {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A rule says what it may not say.
    #[error("rule '{rule}': {message}")]
    Wrong {
        /// Its name.
        rule: String,
        /// What is wrong with it.
        message: String,
    },
    /// Two rules have one name.
    #[error("two rules are called '{0}'")]
    Twice(String),
    /// There is no rule in it.
    #[error("there is no [[rule]] in it")]
    Empty,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Rule>,
}

/// Reads rules, and checks each.
///
/// # Errors
/// See [`InvalidRules`].
pub fn read(text: &str) -> Result<Vec<Rule>, InvalidRules> {
    let file: File = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let message = error.message().lines().next().unwrap_or("not TOML").to_owned();
        InvalidRules::Unreadable { line: before.matches('\n').count() + 1, message }
    })?;
    if file.rule.is_empty() {
        return Err(InvalidRules::Empty);
    }
    for (place, rule) in file.rule.iter().enumerate() {
        check(rule).map_err(|message| InvalidRules::Wrong { rule: rule.name.clone(), message })?;
        let key = rule.name.to_lowercase();
        if file.rule[..place].iter().any(|other| other.name.to_lowercase() == key) {
            return Err(InvalidRules::Twice(rule.name.clone()));
        }
    }
    Ok(file.rule)
}

/// Rules as they are read again.
pub fn write(rules: &[Rule]) -> String {
    let each = |rule: &Rule| toml::to_string(&File { rule: vec![rule.clone()] }).unwrap_or_default();
    rules.iter().map(each).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EvidenceKind, MatchField, OnConflict, UserStatus};

    const SALES: &str = r#"
[[rule]]
name = "sales-macs"
priority = 35
device = { platform = ["mac"], tag = "sales", serial_prefix = "C02" }
evidence = "enrolled_by"
match = ["email", "upn", "alias"]
user = { integration = "acme-google", groups_any = ["sales@acme.test"], department = "Sales", state = ["active"] }
on_conflict = "only-unassigned"
"#;

    #[test]
    fn the_documented_rule_is_read_and_written_again() {
        let rules = read(SALES).unwrap();
        let rule = &rules[0];
        assert_eq!((rule.priority, rule.enabled, rule.on_conflict), (35, true, OnConflict::OnlyUnassigned));
        assert_eq!(rule.device.tag, ["sales"]);
        assert_eq!(rule.user.state, [UserStatus::Active]);
        assert_eq!(rule.evidence, EvidenceKind::EnrolledBy);
        assert_eq!(rule.matches, [MatchField::Email, MatchField::Upn, MatchField::Alias]);
        assert_eq!(read(&write(&rules)).unwrap(), rules);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |text: &str| read(text).unwrap_err().to_string();
        let with = |line: &str| format!("[[rule]]\nname = \"x\"\npriority = 35\nevidence = \"enrolled_by\"\n{line}\n");
        let matching = |line: &str| with(&format!("match = [\"email\"]\n{line}"));
        assert_eq!(told(""), "there is no [[rule]] in it");
        assert!(told(&matching("colour = 1")).starts_with("line 6: unknown field `colour`"));
        assert!(told(&matching("user = { dept = \"x\" }")).contains("unknown field `dept`"));
        assert!(told(&matching("user = { title = 1 }")).contains("expected a text or an array of texts"));
        assert!(told(&with("match = [\"name\"]")).contains("unknown variant `name`"));
        assert!(told(&matching("user = { state = [\"suspended\"] }")).contains("only active people"));
        assert!(told(&with("")).contains("match"), "nothing to compare");
        assert!(told(&matching("priority = 3")).contains("duplicate key"));
        assert!(told(&matching("").replace("35", "10")).contains("priority"));
        assert!(told(&matching("attribute = \"x\"")).contains("attribute"));
        assert_eq!(told(&(matching("") + &matching("").replace("\"x\"", "\"X\""))), "two rules are called 'X'");
    }
}
