//! How much patience and room there is for clients.

use std::time::Duration;

/// How much patience and room there is for clients.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the whole head of a request, from its first byte (of the first one: from the connection's beginning).
    pub head: Duration,
    /// Between requests. Longer than the minute for which proxies keep their connections.
    pub idle: Duration,
    /// For the whole body of a request, from the end of its head.
    pub body: Duration,
    /// For the client to take any of an answer.
    pub write: Duration,
    /// For requests under way when the server stops.
    pub drain: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address that is no trusted proxy.
    pub per_peer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body: Duration::from_secs(60),
            write: Duration::from_secs(60),
            drain: Duration::from_secs(10),
            connections: 512,
            per_peer: 128,
        }
    }
}
