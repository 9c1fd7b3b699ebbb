//! Plain data that every room speaks: integrations, people, groups, memberships, devices, runs, plans, failures. No I/O, no
//! vendor names, no other room's types.

mod cadence;
mod device;
mod failure;
mod fetched;
mod integration;
mod losses;
mod record;
mod run;
mod stream;

pub use cadence::{Cadence, Told};
pub use device::{Assignment, Device, DeviceField, DeviceFields, Evidence, EvidenceKind};
pub use failure::{Failure, FailureKind};
pub use fetched::{AccountStatus, DirectoryGroup, DirectoryMember, DirectoryUser, MemberKind, Record, Subject};
pub use integration::{Integration, IntegrationId, IntegrationName, InvalidName, Standing, Tenant};
pub use losses::{Holds, Losses};
pub use record::{Change, ChangeKind, Group, MemberRow, User, UserStatus};
pub use run::{Counts, HeldAction, Outcome, Plan, PlanItem, PlanState, Run, RunNote};
pub use stream::{MemberChange, News, ObjectChange, Place, Reading, Source, Start, Stream};
