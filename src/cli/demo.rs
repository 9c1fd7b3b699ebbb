//! `dirsync demo`: the real commands, each in a process of its own, against an embedded pretend Google Workspace and a
//! pretend Microsoft Entra tenant. Only the endpoints and the home folder differ from real life.

mod keep;
mod laptops;
mod stage;
mod story;

use std::io::Write;
use std::path::Path;

use clap::Args;

use self::stage::Stage;
use super::{CliError, Context, ErrorKind, Exit};
use crate::sandbox::{entra, google};

/// See it all at work on pretend directories on this machine
///
/// Connects a Google Workspace, reads it, hands out laptops by a rule, plays a day in which people join, move and leave, shows
/// what changed and who left with a laptop, and has a suspicious mass removal held; then connects a Microsoft Entra tenant,
/// syncs both, disconnects one and takes it back. Nothing of yours is touched: it lives in a temporary folder and talks to
/// 127.0.0.1.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync demo
  dirsync demo --browser            sign in yourself, in your browser
  dirsync demo --keep > demo.env    leave it running; in another shell: . ./demo.env; dirsync add google --name corp")]
pub struct DemoArgs {
    /// Sign in yourself, in your browser
    #[arg(long)]
    browser: bool,
    /// Only start the pretend directories, print the environment that points a shell at them, and leave them running
    #[arg(long)]
    keep: bool,
    /// Number of people in each directory
    #[arg(long, value_name = "N", default_value_t = 60)]
    people: usize,
    /// The same seed makes the same people and the same days
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// With --keep: the port of the pretend Google, the next being Microsoft's (any free ones unless told otherwise)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..65_535))]
    sandbox_port: Option<u16>,
}

pub(super) fn run(context: &Context, args: &DemoArgs) -> Result<Exit, CliError> {
    let home = tempfile::Builder::new().prefix("dirsync-demo-").tempdir().map_err(|error| no_home(&error))?;
    // The sandboxes work in this process while the commands run in theirs.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CliError::new(ErrorKind::Failed, format!("cannot start: {error}")))?;
    let groups = (args.people / 3).max(24);
    let of_google = google::Options {
        seed: args.seed,
        users: args.people,
        groups,
        memberships: args.people * 6,
        port: args.sandbox_port,
        ..google::Options::small(context.clock.clone())
    };
    let of_entra = entra::Options {
        seed: args.seed,
        users: args.people,
        groups,
        memberships: args.people * 6,
        port: args.sandbox_port.map(|port| port + 1),
        ..entra::Options::small(context.clock.clone())
    };
    let cannot = |what: &str, error: &std::io::Error| {
        CliError::new(ErrorKind::Failed, format!("the pretend {what} cannot start: {error}"))
    };
    let google =
        runtime.block_on(google::Sandbox::start(of_google)).map_err(|error| cannot("Google Workspace", &error))?;
    let entra = runtime.block_on(entra::Sandbox::start(of_entra)).map_err(|error| cannot("Entra tenant", &error))?;
    let client_file = home.path().join("client.json");
    write_private(&client_file, &google.client_secrets_json()).map_err(|error| no_home(&error))?;
    let mut environment = google.environment();
    environment.extend(entra.environment());
    environment.extend([
        ("DIRSYNC_HOME", home.path().display().to_string()),
        ("DIRSYNC_KEY_STORE", "file".to_owned()),
        ("DIRSYNC_CLIENT_ID", entra.client_id()),
        ("DIRSYNC_CLIENT_SECRETS", client_file.display().to_string()),
    ]);
    let stage = Stage { context, google, entra, environment, home, runtime };
    if args.keep { keep::keep(&stage) } else { story::play(&stage, args.browser) }
}

/// A temporary file is nobody else's to read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(path))?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

fn no_home(error: &std::io::Error) -> CliError {
    CliError::new(ErrorKind::Failed, format!("cannot make a temporary folder: {error}"))
}
