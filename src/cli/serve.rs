//! `dirsync serve`: taking in what directories push, until it is stopped.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;
use ring::rand::SystemRandom;

use super::{CliError, Context, Exit, push, values};
use crate::provider;
use crate::scim::listen::{Limits, ListenError, Listening, Options, TlsFiles, handed_over, parse_network, serve};
use crate::scim::service::{Service, Setup, routes};
use crate::store::Store;
use crate::sync::guard::RemovalLimit;
use crate::sync::{Busy, ServerLock};

/// Take in what directories push by SCIM
///
/// Runs until it is stopped; then requests under way are answered first. Without addresses it listens on this machine
/// alone. Directories in the cloud need https: give a certificate, or put a proxy in front. Sockets that systemd hands
/// over are used as they are. SIGHUP reads the certificate anew.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync serve --public-url https://dirsync.corp.example --trusted-proxy 127.0.0.1
  dirsync serve --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem")]
pub struct ServeArgs {
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

/// How long it may take to end: requests under way, and what they wrote.
const ENDING: Duration = Duration::from_secs(15);

pub(super) fn run(context: &Context, args: &ServeArgs) -> Result<Exit, CliError> {
    let store = context.writer()?;
    let _lock = ServerLock::acquire(&context.paths.locks, context.clock.now()).map_err(taken)?;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(TlsFiles::read(certificate, key)?),
        (None, None) => None,
        _ => return Err(CliError::usage("a certificate and its key go together").hint("give --tls-cert and --tls-key")),
    };
    let usual = Limits::default();
    let limits =
        Limits { connections: args.max_connections, per_peer: usual.per_peer.min(args.max_connections), ..usual };
    let options = Options {
        addresses: args.listen.clone(),
        tls,
        trusted: args.trusted_proxy.clone(),
        public_url: push::public_url(&store, args.public_url.as_deref())?,
        limits,
    };
    let listening = Listening::open(options, handed_over()?)?;
    push::remember(&store, args.public_url.as_deref(), listening.urls().first().map(String::as_str))?;
    caution(context, &store, &listening)?;
    context.stop.serves(ENDING);
    let service = service(context, store)?;
    context.run_to_the_end(async {
        let urls = listening.urls();
        let ready = || {
            urls.iter().for_each(|url| context.ui.say(&format!("listening on {url}")));
            tell_systemd();
        };
        serve(listening, routes(Arc::clone(&service)), ready, context.stop.requested()).await?;
        service.write_down_use();
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn taken(busy: Busy) -> CliError {
    match busy {
        Busy::Held { holder } => {
            let message = format!("another server works for this database ({holder})");
            CliError::new(super::ErrorKind::TryAgain, message).hint("one is enough; stop it to start another")
        }
        busy => busy.into(),
    }
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

/// What whoever starts it should know.
fn caution(context: &Context, store: &Store, listening: &Listening) -> Result<(), CliError> {
    for address in listening.exposed() {
        context.ui.warn(&format!(
            "{address} can be reached from elsewhere without https: tokens and people's data cross the network in \
             clear; give --tls-cert and --tls-key, or the proxy that does it as --trusted-proxy"
        ));
    }
    let pushes = |kind: &str| provider::find(kind).is_some_and(|spec| spec.push().is_some());
    if !store.integrations()?.iter().any(|integration| pushes(&integration.kind)) {
        context.ui.warn("nobody can push anything yet: 'dirsync add scim' makes an integration and its token");
    }
    Ok(())
}

/// Tells systemd, where it wants to know; a service manager that does not hear it says so itself.
fn tell_systemd() {
    #[cfg(unix)]
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
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
        Self::new(super::ErrorKind::Failed, error.to_string()).hint(hint)
    }
}
