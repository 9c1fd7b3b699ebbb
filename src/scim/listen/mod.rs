//! Listening to directories that push: sockets, TLS, whom a request comes from, and limits that keep slow, many or
//! lying clients from doing harm. What is answered is the caller's router.

mod error;
mod forwarded;
mod guests;
mod limits;
mod listening;
mod serving;
#[cfg(test)]
mod tests;
mod tls;
mod watched;

pub use error::ListenError;
pub use forwarded::{BaseUrl, Peer, parse_network};
pub use limits::Limits;
pub use listening::{Listening, Options, handed_over};
pub use serving::serve;
pub use tls::TlsFiles;
