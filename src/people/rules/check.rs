//! What a rule may say.

use crate::model::{EvidenceKind, RANK_OF_HAND, Rule, UserStatus};

/// The highest number a rule may have.
const LAST: i64 = 1000;

/// The longest a name or a value may be, in characters.
const LONGEST: usize = 200;

/// Checks a rule by itself.
///
/// # Errors
/// What is wrong, in words.
pub fn check(rule: &Rule) -> Result<(), String> {
    let name = &rule.name;
    if name.trim() != name || name.is_empty() || name.starts_with('-') || name.chars().any(char::is_control) {
        return Err("a name is text without blanks around it that does not begin with '-'".into());
    }
    if name.chars().count() > 64 {
        return Err("a name has at most 64 characters".into());
    }
    if !(RANK_OF_HAND + 1..=LAST).contains(&rule.priority) {
        let first = RANK_OF_HAND + 1;
        return Err(format!("priority is a number from {first} to {LAST}; what is given by hand has {RANK_OF_HAND}"));
    }
    let by_attribute = rule.evidence == EvidenceKind::UserAttrSerial;
    if by_attribute && !rule.matches.is_empty() {
        return Err("match is for evidence that names people; here 'attribute' says where serial numbers stand".into());
    }
    if !by_attribute && rule.attribute.is_some() {
        return Err("attribute is for the evidence \"user_attr_serial\" alone".into());
    }
    if !by_attribute && rule.matches.is_empty() {
        return Err("match is missing: one or more of external_id, email, upn, alias, in order".into());
    }
    if by_attribute && rule.enabled && rule.attribute.is_none() {
        return Err("attribute is missing: where a person's serial numbers stand".into());
    }
    if let Some(twice) = rule.matches.iter().find(|field| rule.matches.iter().filter(|it| it == field).count() > 1) {
        return Err(format!("match has {} twice", twice.as_str()));
    }
    if rule.user.state.iter().any(|state| *state != UserStatus::Active) {
        return Err("state can only be \"active\": only active people receive devices by a rule".into());
    }
    let (device, user) = (&rule.device, &rule.user);
    let lists = [
        ("platform", &device.platform),
        ("tag", &device.tag),
        ("serial_prefix", &device.serial_prefix),
        ("model", &device.model),
        ("blueprint", &device.blueprint),
        ("groups_any", &user.groups_any),
        ("department", &user.department),
        ("title", &user.title),
        ("org_unit", &user.org_unit),
        ("exclude", &user.exclude),
    ];
    let attribute = rule.attribute.iter().map(|value| ("attribute", value));
    for (key, value) in
        lists.iter().flat_map(|(key, values)| values.iter().map(move |value| (*key, value))).chain(attribute)
    {
        if value.trim().is_empty() {
            return Err(format!("{key} has an empty value"));
        }
        if value.chars().count() > LONGEST || value.chars().any(char::is_control) {
            return Err(format!("{key} has a value of more than {LONGEST} characters, or one that cannot be seen"));
        }
    }
    Ok(())
}
