//! Which of a directory's people count here.

use serde::{Deserialize, Serialize};

/// Which of a directory's people come in; the default is everybody. Whoever fits none of a kind's values is left out, and
/// so is whoever fits one kind but not the other. Field names are the keys as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Only who is in one of these org units or below it (`/Staff` takes `/Staff/Eng`, not `/Staffing`), without regard to
    /// case (a-z); empty: wherever they are.
    pub org_units: Vec<String>,
    /// Only members of one of these groups, directly or by a group within, by the directory's immutable ids; empty: of
    /// whichever.
    pub groups: Vec<String>,
    /// Whoever is suspended is left out.
    pub exclude_suspended: bool,
}

impl Scope {
    /// Whether nobody is left out.
    pub fn is_everybody(&self) -> bool {
        *self == Self::default()
    }
}
