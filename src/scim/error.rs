//! What is wrong with a request, as the standard says it (RFC 7644 §3.12, RFC 9865 §2.1).

use crate::store::StoreError;

/// The standard's word for what is wrong; sent with status 400, `uniqueness` with 409.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScimType {
    /// The filter cannot be understood, or its operator does not go with its attribute.
    InvalidFilter,
    /// The answer would be larger than the server is willing to make it.
    TooMany,
    /// Somebody else has this value already.
    Uniqueness,
    /// The attribute cannot be changed by a client, or not any more.
    Mutability,
    /// The body is not what the operation takes.
    InvalidSyntax,
    /// The path of a PATCH operation leads to nothing the schema knows.
    InvalidPath,
    /// The path of a PATCH operation selects no value.
    NoTarget,
    /// A value is missing or of the wrong type.
    InvalidValue,
    /// The cursor was not made by this server for this query.
    InvalidCursor,
    /// The cursor was good once.
    ExpiredCursor,
    /// The count cannot be had with this cursor.
    InvalidCount,
}

impl ScimType {
    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The standard's word, where it has one.
    pub kind: Option<ScimType>,
    /// One sentence for whoever reads the client's log; never a value of somebody's attributes.
    pub detail: String,
    /// Seconds after which it is worth trying again, where that is all it takes.
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem without a word of the standard's.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, kind: None, detail: detail.into(), retry_after: None }
    }

    /// A bad request of this kind (409 for [`ScimType::Uniqueness`]).
    pub fn of(kind: ScimType, detail: impl Into<String>) -> Self {
        let status = if kind == ScimType::Uniqueness { 409 } else { 400 };
        Self { status, kind: Some(kind), detail: detail.into(), retry_after: None }
    }

    /// 429: too much at once.
    pub fn too_many(detail: impl Into<String>, retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(429, detail) }
    }

    /// 503: not now.
    pub fn busy(detail: impl Into<String>, retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(503, detail) }
    }
}

impl From<StoreError> for Problem {
    /// The database's words are for the log, not for a client.
    fn from(error: StoreError) -> Self {
        tracing::error!("the database refused: {error}");
        match error {
            StoreError::Deleted => Self::new(404, "the integration has been deleted"),
            StoreError::Locked => Self::busy("the database is busy; nothing was stored", 10),
            StoreError::DiskFull => Self::busy("no space is left; nothing was stored", 60),
            _ => Self::new(500, "the database refused; nothing was stored"),
        }
    }
}
