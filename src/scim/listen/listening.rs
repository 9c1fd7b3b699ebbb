//! Sockets to listen on: ours, or those that systemd hands over.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use ipnet::IpNet;

use super::{Limits, ListenError, TlsFiles};

/// Where and how to listen.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Addresses; none: 127.0.0.1:8787, or what was handed over.
    pub addresses: Vec<SocketAddr>,
    /// TLS; without it, a proxy has to do it.
    pub tls: Option<TlsFiles>,
    /// Whose word about the client is taken.
    pub trusted: Vec<IpNet>,
    /// The address for clients, without a slash at its end.
    pub public_url: Option<String>,
    /// Patience and room.
    pub limits: Limits,
}

/// Sockets that are open; connections wait in them until they are served.
#[derive(Debug)]
pub struct Listening {
    pub(super) sockets: Vec<TcpListener>,
    pub(super) options: Options,
}

/// The sockets that systemd (or another that speaks LISTEN_FDS) opened for this process.
///
/// # Errors
/// One of them is no TCP socket.
pub fn handed_over() -> Result<Vec<TcpListener>, ListenError> {
    let mut given = listenfd::ListenFd::from_env();
    let count = given.len();
    let take = |index| given.take_tcp_listener(index).map_err(|error| ListenError::HandedOver(error.to_string()));
    let sockets: Vec<Option<TcpListener>> = (0..count).map(take).collect::<Result<_, _>>()?;
    Ok(sockets.into_iter().flatten().collect())
}

impl Listening {
    /// Opens the sockets, or takes those that were handed over.
    ///
    /// # Errors
    /// An address is taken or not ours to take.
    pub fn open(options: Options, handed_over: Vec<TcpListener>) -> Result<Self, ListenError> {
        let sockets = if handed_over.is_empty() {
            let usual = [SocketAddr::from((Ipv4Addr::LOCALHOST, 8787))];
            let addresses = if options.addresses.is_empty() { &usual[..] } else { &options.addresses };
            addresses.iter().map(|address| open(*address)).collect::<Result<_, _>>()?
        } else {
            handed_over
        };
        for socket in &sockets {
            socket.set_nonblocking(true).map_err(|error| ListenError::HandedOver(error.to_string()))?;
        }
        Ok(Self { sockets, options })
    }

    /// Where it listens.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect()
    }

    /// The same as URLs.
    pub fn urls(&self) -> Vec<String> {
        let scheme = if self.options.tls.is_some() { "https" } else { "http" };
        self.addresses().iter().map(|address| format!("{scheme}://{address}")).collect()
    }

    /// Addresses at which tokens and people's data would cross a network in clear, as far as can be seen from here.
    pub fn exposed(&self) -> Vec<SocketAddr> {
        if self.options.tls.is_some() || !self.options.trusted.is_empty() {
            return Vec::new();
        }
        let beyond = |address: &SocketAddr| !IpAddr::is_loopback(&address.ip().to_canonical());
        self.addresses().into_iter().filter(beyond).collect()
    }
}

fn open(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::Taken(address),
        _ => ListenError::Address { address, reason: error.to_string() },
    })
}
