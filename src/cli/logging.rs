//! Log lines on stderr: warnings, more with `-v` and `-vv`, whatever `DIRSYNC_LOG` says; of a server, what it answers and
//! writes as well.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::environment;
use crate::output::Ui;

/// Starts logging; a second start in one process changes nothing.
pub(super) fn start(ui: &Ui, verbosity: u8, quiet: bool, serves: bool) {
    let level = match verbosity {
        _ if quiet => "error",
        0 if serves => "dirsync::scim=info,dirsync::sync=info,dirsync::cli::serve=info,warn",
        0 => "warn",
        1 => "dirsync=info,warn",
        _ => "dirsync=debug,info",
    };
    let wanted = environment::text("DIRSYNC_LOG").unwrap_or_else(|| level.to_owned());
    // The verifier logs an ERROR of its own before we can say in our words what is wrong with a certificate.
    let filter = EnvFilter::builder().parse_lossy(format!("{wanted},rustls_platform_verifier=off"));
    let lines = ui.log_lines();
    let subscriber = fmt::Subscriber::builder()
        .with_env_filter(filter)
        .with_ansi(ui.options().color_talk)
        .with_target(verbosity > 1)
        // journald and cron stamp lines themselves, and a person at a terminal knows what time it is.
        .without_time()
        .with_writer(move || lines.clone())
        .finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
}
