//! Conversations with directories: client → authorisation → retry → pages. The only room that opens outgoing
//! connections; what an answer means is judged by a provider's own pure function ([`Judge`]).

mod api;
mod challenge;
mod client;
mod paginate;
mod quota;
mod retry;
mod token;

pub use api::{Api, ApiOptions};
pub use challenge::claims_challenge;
pub use client::{Client, ClientOptions};
pub use paginate::{Extent, Page};
pub use quota::{OUT_OF_PATIENCE, Quota};
pub use retry::{Answer, Judge, RetryPolicy, Verdict, retry_after};
pub use token::{Bearer, TokenSource};
