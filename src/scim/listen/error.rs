//! Why nobody can listen.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why nobody can listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens there.
    #[error("another program listens on {0} already")]
    Taken(SocketAddr),
    /// It is no address of this machine, or a port for the privileged.
    #[error("cannot listen on {address}: {reason}")]
    Address {
        /// Where.
        address: SocketAddr,
        /// The system's words.
        reason: String,
    },
    /// A socket that was handed over is none to listen on.
    #[error("the socket that was handed over cannot be listened on: {0}")]
    HandedOver(String),
    /// A certificate or key cannot be used.
    #[error("{}: {reason}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}
