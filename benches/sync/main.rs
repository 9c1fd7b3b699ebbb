//! How long a sync takes and how much memory it needs, beside two floors taken in the same run: a bare download of the
//! same pages, and a bare insert of as many rows into the same tables. Machines are noisy, so what counts are the ratios.
//!
//! `cargo bench --bench sync` measures 100,000 people, 5,000 groups, 500,000 memberships, of each vendor;
//! `cargo bench --bench sync -- --vendor entra --people 20000 --groups 1000 --memberships 100000 --latency 0` less.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and prints"
)]

mod entra;
mod floor;
mod google;
mod measure;

use std::path::Path;
use std::time::Duration;

use clap::Parser;
use futures_util::future::BoxFuture;

use floor::bare_insert;
use measure::dirsync;

/// Measures syncs against the embedded pretend directories.
#[derive(Parser)]
struct Size {
    #[arg(long, default_value_t = 100_000)]
    people: usize,
    #[arg(long, default_value_t = 5_000)]
    groups: usize,
    #[arg(long, default_value_t = 500_000)]
    memberships: usize,
    /// Milliseconds per request; each is a round of its own
    #[arg(long, value_delimiter = ',', default_values_t = [0, 50])]
    latency: Vec<u64>,
    /// Whose directories
    #[arg(long, value_delimiter = ',', default_value = "google,entra", value_parser = ["google", "entra"])]
    vendor: Vec<String>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// A pretend directory, and what is measured beside it.
trait Vendor {
    fn label(&self) -> &'static str;
    /// What leads the program there.
    fn environment(&self) -> Vec<(&'static str, String)>;
    /// The words that connect it, but for the name.
    fn add(&self, home: &Path) -> Vec<String>;
    /// The same pages, with nothing done with them: time, and how many memberships came.
    fn bare_download(&self) -> BoxFuture<'_, (Duration, usize)>;
    /// Changes so many people, where the directory can tell; whether it can.
    fn change(&self, people: usize) -> bool;
    /// How many requests came so far.
    fn requests(&self) -> u64;
    fn stop(self: Box<Self>) -> BoxFuture<'static, ()>;
}

fn main() {
    let size = Size::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    println!("{} people, {} groups, about {} memberships", size.people, size.groups, size.memberships);
    for vendor in &size.vendor {
        for latency in &size.latency {
            round(&size, vendor, Duration::from_millis(*latency));
        }
    }
}

fn round(size: &Size, vendor: &str, latency: Duration) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let home = tempfile::tempdir().unwrap();
    let vendor: Box<dyn Vendor> = match vendor {
        "google" => Box::new(runtime.block_on(google::Google::start(size, latency))),
        "entra" => Box::new(runtime.block_on(entra::Entra::start(size, latency))),
        other => panic!("clap let the vendor {other} through"),
    };
    println!("\n{}, at {} ms per request", vendor.label(), latency.as_millis());
    let environment = vendor.environment();
    let dirsync = |words: &[&str]| dirsync(&environment, home.path(), words);
    let add = vendor.add(home.path());
    let mut words: Vec<&str> = add.iter().map(String::as_str).collect();
    words.extend(["--name", "corp", "--no-sync"]);
    dirsync(&words);

    let (download, memberships) = runtime.block_on(vendor.bare_download());
    line("bare download", download, None);
    let insert = bare_insert(size, memberships, home.path());
    line("bare insert", insert, None);
    let floor = download + insert;
    let first = dirsync(&["sync", "corp"]);
    line("first sync", first.time, Some((first.memory, first.time, download, floor)));
    let asked = vendor.requests();
    let unchanged = dirsync(&["sync", "corp"]);
    line("unchanged sync", unchanged.time, Some((unchanged.memory, unchanged.time, download, floor)));
    println!("  requests of the unchanged sync: {}", vendor.requests() - asked);
    if vendor.change(100) {
        let asked = vendor.requests();
        let changed = dirsync(&["sync", "corp"]);
        line("after 100 changes", changed.time, Some((changed.memory, changed.time, download, floor)));
        let share = changed.time.as_secs_f64() * 100.0 / first.time.as_secs_f64();
        println!("  that is {share:.1} % of the first sync, with {} requests", vendor.requests() - asked);
        let full = dirsync(&["sync", "corp", "--full"]);
        line("sync --full", full.time, Some((full.memory, full.time, download, floor)));
    }
    let list = (0..20).map(|_| dirsync(&["list"]).time).min().unwrap();
    line("list (best of 20)", list, None);
    let users = dirsync(&["users", "-o", "jsonl"]);
    line("users -o jsonl", users.time, None);
    let database = std::fs::metadata(home.path().join("dirsync.db")).unwrap().len();
    println!("  database {} MiB", database >> 20);
    runtime.block_on(vendor.stop());
}

fn line(what: &str, time: Duration, beside: Option<(u64, Duration, Duration, Duration)>) {
    let beside = beside.map_or(String::new(), |(memory, time, download, floor)| {
        format!(
            "   {:.2} × (download + insert)   {:.2} × download   peak memory {memory} MiB",
            time.as_secs_f64() / floor.as_secs_f64(),
            time.as_secs_f64() / download.as_secs_f64(),
        )
    });
    println!("  {what:<18} {:>8.3} s{beside}", time.as_secs_f64());
}
