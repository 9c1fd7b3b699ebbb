//! A user, a group, and what a PATCH makes of them.

use serde_json::{Map, Value, json};

use crate::scim::patch::{MemberStep, Patched, Rules, UnknownPaths, apply, parse};
use crate::scim::resource::Strictness;
use crate::scim::schema::{GROUP, USER};
use crate::scim::{Problem, ScimType};

pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(super) const LENIENT: Rules = Rules { strictness: Strictness::Lenient, unknown_paths: UnknownPaths::Refuse };
pub(super) const STRICT: Rules = Rules { strictness: Strictness::Strict, ..LENIENT };

pub(super) fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn body(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// What a PATCH makes of a user of whom `before` is said besides the name.
pub(super) fn patched(mut before: Value, operations: &Value, rules: Rules) -> Result<Patched, Problem> {
    before["userName"] = json!("ada");
    apply(object(before), Some("E1".to_owned()), &parse(&body(operations), &USER)?, &USER, rules)
}

/// The same, without the name again.
pub(super) fn after(before: Value, operations: Value) -> Value {
    let mut patched = patched(before, &operations, LENIENT).unwrap_or_else(|problem| panic!("{operations}: {problem}"));
    patched.document.remove("userName");
    Value::Object(patched.document)
}

pub(super) fn refused(before: Value, operations: Value, rules: Rules) -> ScimType {
    let problem = patched(before, &operations, rules).map(|it| it.document).expect_err(&operations.to_string());
    assert_eq!(problem.status, 400);
    problem.kind.unwrap()
}

/// What a PATCH does to a group's members.
pub(super) fn steps(operations: Value) -> Result<Vec<MemberStep>, Problem> {
    group(operations).map(|patched| patched.members)
}

pub(super) fn group(operations: Value) -> Result<Patched, Problem> {
    let before = object(json!({"displayName": "G"}));
    apply(before, None, &parse(&body(&operations), &GROUP)?, &GROUP, LENIENT)
}
