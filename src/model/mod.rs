//! Plain data that every room speaks: integrations, people, groups, memberships, devices, runs, plans, failures. No I/O, no
//! vendor names, no other room's types.

mod cadence;
mod device;
mod failure;
mod fetched;
pub mod formula;
mod integration;
mod life;
mod link;
mod losses;
mod reasoning;
mod record;
mod report;
mod rule;
mod run;
mod scope;
mod stream;

pub use cadence::{Cadence, TroubleTold};
pub use device::{Assignment, Device, DeviceField, DeviceFields, Evidence, EvidenceKind};
pub use failure::{Failure, FailureKind};
pub use fetched::{AccountStatus, DirectoryGroup, DirectoryMember, DirectoryUser, MemberKind, Record, Subject};
pub use integration::{Integration, IntegrationId, IntegrationName, InvalidName, Standing, Tenant};
pub use life::{LifeCycle, LifeEvent, Transition};
pub use link::{Conflict, ConflictReason, LinkVerdict, PersonLink};
pub use losses::{Holds, Losses};
pub use reasoning::{Candidate, Contradiction, Gift, HeldBy, Ignored, Reasoning, Told, Trial, Winner};
pub use record::{Change, ChangeKind, Group, MemberRow, User, UserStatus};
pub use report::{Leaver, UnassignedDevice, WithoutDevice};
pub use rule::{DeviceConditions, MatchField, OnConflict, PersonConditions, RANK_OF_HAND, RANK_OF_LIST, Rule};
pub use run::{Counts, HeldAction, Outcome, Plan, PlanItem, PlanState, Run, RunNote};
pub use scope::Scope;
pub use stream::{MemberChange, News, ObjectChange, Place, Reading, Source, Start, Stream};
