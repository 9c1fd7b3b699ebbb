//! How many requests a second `dirsync serve` answers, as its users run it, beside another SCIM server in the same run.
//!
//! `cargo bench --bench scim` measures at 2,000 and 50,000 users; `-- --peer PATH` names scim2-server (PyPI), which is
//! measured at 2,000 too: `python3 -m venv peer && peer/bin/pip install scim2-server==0.8.3`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and prints"
)]

mod client;
mod server;
mod tasks;

use std::path::PathBuf;

use clap::Parser;

use server::Server;
use tasks::Tasks;

/// Measures the SCIM service.
#[derive(Parser)]
struct Size {
    /// People in the directory; each is a round of its own
    #[arg(long, value_delimiter = ',', default_values_t = [2_000, 50_000])]
    users: Vec<usize>,
    /// Requests under way at the same time
    #[arg(long, default_value_t = 16)]
    concurrency: usize,
    /// Seconds per task
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// The program scim2-server, to be measured beside
    #[arg(long)]
    peer: Option<PathBuf>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// What the peer is measured at: it looks at everybody for everything.
const PEER_USERS: usize = 2_000;

fn main() {
    let size = Size::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for users in &size.users {
        let ours = Server::dirsync();
        println!("dirsync, {users} users, synchronous=FULL (an answered write survives the loss of power):");
        runtime.block_on(Tasks::new(&ours, *users, &size).all());
        println!("  peak memory {} MiB, database {} MiB\n", ours.memory(), ours.database() >> 20);
    }
    match &size.peer {
        None => println!("no peer was named (--peer), so that none was measured"),
        Some(program) => {
            println!("scim2-server, {PEER_USERS} users, in memory (an answered write survives nothing):");
            runtime.block_on(Tasks::new(&Server::peer(program), PEER_USERS, &size).all());
        }
    }
}
