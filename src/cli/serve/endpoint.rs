//! The SCIM endpoint of `serve`: where it listens, with what, and what whoever starts it should know.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ipnet::IpNet;
use ring::rand::SystemRandom;

use crate::cli::{CliError, Context, ErrorKind, push, values};
use crate::provider;
use crate::scim::listen::{Limits, ListenError, Listening, Options, TlsFiles, handed_over, parse_network};
use crate::scim::service::{Service, Setup};
use crate::store::Store;
use crate::sync::guard::RemovalLimit;

/// Where and how to listen.
#[derive(Clone, Debug, Args)]
pub(super) struct EndpointArgs {
    /// Where to listen; may be given several times [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDRESS:PORT", value_delimiter = ',')]
    listen: Vec<SocketAddr>,
    /// Where directories reach this server, for the addresses it gives them (remembered)
    #[arg(long, value_name = "URL", value_parser = values::public_url)]
    public_url: Option<String>,
    /// A PEM file with the certificate for https, and those between it and its authority
    #[arg(long, value_name = "PEM")]
    tls_cert: Option<PathBuf>,
    /// A PEM file with the certificate's private key
    #[arg(long, value_name = "PEM")]
    tls_key: Option<PathBuf>,
    /// A proxy (address or network) whose word about the client is taken; may be given several times
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = parse_network)]
    trusted_proxy: Vec<IpNet>,
    /// Connections at once; more are refused
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = values::at_least_one)]
    max_connections: usize,
}

/// Open sockets, and the service behind them.
pub(super) struct Endpoint {
    pub(super) listening: Listening,
    pub(super) service: Arc<Service>,
    pub(super) tls: Option<TlsFiles>,
}

impl EndpointArgs {
    /// Opens the sockets. `needed`: it is what the server is there for. Otherwise only where something can be pushed, or
    /// somebody says where to listen.
    pub(super) fn open(&self, context: &Context, store: Store, needed: bool) -> Result<Option<Endpoint>, CliError> {
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsFiles::read(certificate, key)?),
            (None, None) => None,
            _ => {
                return Err(
                    CliError::usage("a certificate and its key go together").hint("give --tls-cert and --tls-key")
                );
            }
        };
        let handed_over = handed_over()?;
        let pushed = store.integrations()?.iter().any(|integration| pushes(&integration.kind));
        let asked = !self.listen.is_empty() || tls.is_some() || !handed_over.is_empty();
        if !(needed || pushed || asked) {
            return Ok(None);
        }
        let usual = Limits::default();
        let connections = self.max_connections;
        let options = Options {
            addresses: self.listen.clone(),
            tls: tls.clone(),
            trusted: self.trusted_proxy.clone(),
            public_url: push::public_url(&store, self.public_url.as_deref())?,
            limits: Limits { connections, per_peer: usual.per_peer.min(connections), ..usual },
        };
        let listening = Listening::open(options, handed_over)?;
        push::remember(&store, self.public_url.as_deref(), listening.urls().first().map(String::as_str))?;
        caution(context, &listening);
        if !pushed {
            context.ui.warn("nobody can push anything yet: 'dirsync add scim' makes an integration and its token");
        }
        Ok(Some(Endpoint { listening, service: service(context, store)?, tls }))
    }
}

impl EndpointArgs {
    /// What differs, by its name in the settings.
    pub(super) fn differences(&self, other: &Self) -> Vec<(&'static str, bool)> {
        vec![
            ("listen", self.listen != other.listen),
            ("public_url", self.public_url != other.public_url),
            ("tls_cert", self.tls_cert != other.tls_cert),
            ("tls_key", self.tls_key != other.tls_key),
            ("trusted_proxy", self.trusted_proxy != other.trusted_proxy),
            ("max_connections", self.max_connections != other.max_connections),
        ]
    }
}

/// Whether directories of this kind push by themselves.
pub(super) fn pushes(kind: &str) -> bool {
    provider::find(kind).is_some_and(|spec| spec.push().is_some())
}

/// The service, over this database.
fn service(context: &Context, store: Store) -> Result<Arc<Service>, CliError> {
    Ok(Service::start(Setup {
        store,
        locks: context.paths.locks.clone(),
        clock: context.clock.clone(),
        random: Arc::new(SystemRandom::new()),
        kind: provider::scim::SPEC.kind,
        too_many_deletions: |deleted, people| RemovalLimit::Standard.exceeded(deleted, people),
    })?)
}

fn caution(context: &Context, listening: &Listening) {
    for address in listening.exposed() {
        context.ui.warn(&format!(
            "{address} can be reached from elsewhere without https: tokens and people's data cross the network in \
             clear; give --tls-cert and --tls-key, or the proxy that does it as --trusted-proxy"
        ));
    }
}

impl From<ListenError> for CliError {
    fn from(error: ListenError) -> Self {
        let hint = match &error {
            ListenError::Taken(_) => "stop it, or choose another address with --listen",
            ListenError::Address { .. } => {
                "--listen takes an address of this machine; ports below 1024 need a right of their own"
            }
            ListenError::HandedOver(_) => "check ListenStream= of the systemd socket, or run without it",
            ListenError::Tls { .. } => "--tls-cert takes the certificate chain and --tls-key its key, both as PEM",
        };
        Self::new(ErrorKind::Failed, error.to_string()).hint(hint)
    }
}
