//! A rule's conditions as SQL: the pass joins them all, and an explanation asks each by itself, so that the two cannot
//! disagree. `s` is a device of `r_scope`, `p` somebody of `r_people`, `c` a candidate of
//! `r_cand`; no value of a user's is part of the text.

use crate::model::Rule;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// For people: `department is Sales`.
    pub(super) told: String,
    pub(super) sql: String,
}

/// By what a rule's devices or people are found quickly: a table of few, joined to the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drive {
    /// People by a field.
    People(&'static str),
    /// Members of groups.
    Members,
    /// Devices by a field.
    Devices(&'static str),
    /// Devices by the beginning of their serial number.
    Prefix,
    /// The devices that are left, where most are decided.
    Open,
    /// All candidates of the rule.
    All,
}

impl Drive {
    /// The table of few and what it is joined to: people as `p` or devices as `s`.
    pub(super) fn start(self) -> String {
        match self {
            Self::People(field) => format!("temp.r_fits f CROSS JOIN temp.r_people p ON p.{field} = f.spelling"),
            Self::Members => "temp.r_members f CROSS JOIN temp.r_people p ON p.user_id = f.user_id".into(),
            Self::Devices(field) => format!("temp.r_fits f CROSS JOIN temp.r_scope s ON s.{field} = f.spelling"),
            Self::Prefix => "temp.r_fits f CROSS JOIN devices d
                     ON d.serial_key >= f.spelling AND d.serial_key < f.spelling || char(1114111)
                 CROSS JOIN temp.r_scope s ON s.device_id = d.id"
                .into(),
            Self::Open | Self::All => String::new(),
        }
    }

    /// Which rows of [`Drive::start`] are the rule's.
    pub(super) fn condition(self, rule: i64) -> Option<String> {
        match self {
            // All labels of a device are one spelling.
            Self::Devices("tags") => Some(format!("f.rule = {rule} AND f.field = 'tag'")),
            Self::People(field) | Self::Devices(field) => Some(format!("f.rule = {rule} AND f.field = '{field}'")),
            Self::Prefix => Some(format!("f.rule = {rule} AND f.field = 'serial_prefix'")),
            Self::Members => Some(format!("f.rule = {rule}")),
            Self::Open | Self::All => None,
        }
    }
}

fn fits(rule: i64, field: &str, column: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM temp.r_fits f WHERE f.rule = {rule} AND f.field = '{field}' AND f.spelling = {column})"
    )
}

fn or(values: &[String]) -> String {
    values.join(" or ")
}

/// What a rule asks of a device.
pub(super) fn of_device(number: i64, rule: &Rule) -> Vec<Condition> {
    let device = &rule.device;
    let mut all = Vec::new();
    for (field, values) in [("platform", &device.platform), ("model", &device.model), ("blueprint", &device.blueprint)]
    {
        if !values.is_empty() {
            let sql = fits(number, field, &format!("s.{field}"));
            all.push(Condition { told: format!("{field} is {}", or(values)), sql });
        }
    }
    if !device.tag.is_empty() {
        // All labels of a device are one spelling.
        let sql = fits(number, "tag", "s.tags");
        all.push(Condition { told: format!("tag {}", or(&device.tag)), sql });
    }
    if !device.serial_prefix.is_empty() {
        let sql = format!(
            "EXISTS (SELECT 1 FROM temp.r_fits f WHERE f.rule = {number} AND f.field = 'serial_prefix'
                     AND substr(s.serial_key, 1, length(f.spelling)) = f.spelling)"
        );
        all.push(Condition { told: format!("serial number begins with {}", or(&device.serial_prefix)), sql });
    }
    all
}

/// What a rule asks of a person. That they are active is the first thing.
pub(super) fn of_person(number: i64, rule: &Rule) -> Vec<Condition> {
    let user = &rule.user;
    let mut all = vec![Condition { told: "active".into(), sql: "c.active".into() }];
    for (field, values) in [("department", &user.department), ("title", &user.title)] {
        if !values.is_empty() {
            let sql = fits(number, field, &format!("p.{field}"));
            all.push(Condition { told: format!("{field} is {}", or(values)), sql });
        }
    }
    if !user.org_unit.is_empty() {
        let sql = fits(number, "org_unit", "p.org_unit");
        all.push(Condition { told: format!("org unit is {} or below", or(&user.org_unit)), sql });
    }
    if !user.groups_any.is_empty() {
        let sql = format!("EXISTS (SELECT 1 FROM temp.r_members g WHERE g.rule = {number} AND g.user_id = p.user_id)");
        all.push(Condition { told: format!("in the group {}", or(&user.groups_any)), sql });
    }
    if !user.exclude.is_empty() {
        let sql = format!(
            "NOT EXISTS (SELECT 1 FROM temp.r_fits f WHERE f.rule = {number} AND f.field = 'exclude'
                         AND (p.email GLOB f.spelling OR p.user_name GLOB f.spelling))"
        );
        all.push(Condition { told: format!("not called {}", or(&user.exclude)), sql });
    }
    all
}

/// The condition that leaves the fewest, as far as one can say without counting.
pub(super) fn drive(rule: &Rule) -> Drive {
    let (device, user) = (&rule.device, &rule.user);
    // A device that begins with two of several would come twice, and its sign-ins be counted twice.
    let prefix = if device.serial_prefix.len() == 1 { device.serial_prefix.clone() } else { Vec::new() };
    let by_size = [
        (&user.groups_any, Drive::Members),
        (&user.department, Drive::People("department")),
        (&user.title, Drive::People("title")),
        (&device.tag, Drive::Devices("tags")),
        (&user.org_unit, Drive::People("org_unit")),
        (&prefix, Drive::Prefix),
        (&device.blueprint, Drive::Devices("blueprint")),
        (&device.model, Drive::Devices("model")),
        (&device.platform, Drive::Devices("platform")),
    ];
    let found = by_size.into_iter().find(|(values, _)| !values.is_empty());
    found.map_or(Drive::All, |(_, drive)| drive)
}
