//! The `dirsync` program: hands its arguments to the command line and its exit code to the system.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Without a chosen provider the first TLS connection would panic; a second installation is no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    dirsync::cli::main(std::env::args_os())
}
