//! What the store can look SCIM resources up by.

/// How a text or a moment is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    Equal,
    /// Texts only, as are the next two: it begins with the value.
    StartsWith,
    /// The value is somewhere in it.
    Contains,
    /// It ends with the value.
    EndsWith,
    /// It is greater; texts byte by byte.
    Greater,
    /// It is greater or the same.
    GreaterOrEqual,
    /// It is less.
    Less,
    /// It is less or the same.
    LessOrEqual,
}

/// What the store can look resources up by; texts are folded (lower case) except where noted. A resource without the
/// value asked for does not fit, and fits the negation.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceCondition {
    /// All of them; empty: everything.
    All(Vec<ResourceCondition>),
    /// Any of them; empty: nothing.
    Any(Vec<ResourceCondition>),
    /// What does not fit it.
    Not(Box<ResourceCondition>),
    /// The resource's id; exact.
    Id(String),
    /// The client's id; exact case.
    ExternalId(Comparison, String),
    /// The `userName` of users, the `displayName` of groups.
    Name(Comparison, String),
    /// The `displayName`, of users too.
    DisplayName(Comparison, String),
    /// Any e-mail value (users).
    Email(Comparison, String),
    /// Whether active (users); one that does not say is neither.
    Active(bool),
    /// When it was made.
    Created(Comparison, jiff::Timestamp),
    /// When it last changed.
    Modified(Comparison, jiff::Timestamp),
    /// Groups: has a direct member with this id; exact.
    Member(String),
    /// Users: is a direct member of the group with this id.
    InGroup(String),
}
