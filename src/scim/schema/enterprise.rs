//! The enterprise extension of a user (RFC 7643 §4.3, §8.7.1).

use super::attribute::{Attribute, Mutability, Schema};

/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.
pub(super) static SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "What an employer knows of a user",
    attributes: ATTRIBUTES,
};

static ATTRIBUTES: &[Attribute] = &[
    Attribute::text("employeeNumber", "The employer's number for the person"),
    Attribute::text("costCenter", "Cost centre"),
    Attribute::text("organization", "Organisation"),
    Attribute::text("division", "Division"),
    Attribute::text("department", "Department"),
    Attribute::complex("manager", "The person's manager", MANAGER),
];

static MANAGER: &[Attribute] = &[
    Attribute::text("value", "The manager's id").exact(),
    // RFC 7643 lets clients write it. Here it is not kept: whoever changes the value alone would leave a wrong one.
    Attribute::reference("$ref", "The manager", &["User"]).mutability(Mutability::ReadOnly),
    Attribute::text("displayName", "The manager's name").mutability(Mutability::ReadOnly),
];
