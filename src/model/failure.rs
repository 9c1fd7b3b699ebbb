//! Why a conversation with a directory or its sign-in service ended without an answer, sorted by what can be done.

/// A failed conversation: one sentence about what happened, and the way out where one is known.
///
/// Never carries a secret, a full URL or a person's address; ids are allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What can be done about it; decides exit code and the integration's standing.
    pub kind: FailureKind,
    /// One sentence without a final full stop.
    pub message: String,
    /// The command or console page that mends it.
    pub hint: Option<String>,
    /// The other side's own word for it (`accessNotConfigured`, `invalid_grant`), for scripts and searches.
    pub reason: Option<String>,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
}

/// What can be done about a [`Failure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// May pass by itself: network, 5xx, throttling past its deadline.
    Temporary,
    /// The grant is dead or was declined: an administrator has to sign in (again).
    SignInNeeded,
    /// Signed in, but a needed permission was not granted.
    ConsentNeeded,
    /// The organisation's policy refuses this app or this account.
    Blocked,
    /// Settings on either side are wrong and no sign-in will help: API disabled, wrong client, wrong key.
    Misconfigured,
    /// The thing asked for does not exist (any more).
    NotFound,
    /// The answer cannot be understood: not JSON, wrong shape, incomplete, a page token that repeats.
    Malformed,
    /// Refused for good for any other reason.
    Refused,
}

impl Failure {
    /// A failure with neither hint, reason nor status.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, reason: None, status: None }
    }

    /// Adds the way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the other side's own word for it.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds the HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Puts what was being done in front of the sentence: `groups: the answer is not JSON`.
    #[must_use]
    pub fn context(mut self, doing: &str) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }
}
