//! Running the program as its users do, and the client of the bare downloads.

use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dirsync::clock::Clock;
use dirsync::http::{Answer, Api, ApiOptions, Client, ClientOptions, Quota, RetryPolicy, TokenSource, Verdict};
use dirsync::model::{Failure, FailureKind};

/// The program's own client, as many requests at once as the program makes, and no quota.
pub(crate) fn bare_api(base: &str, tokens: Arc<dyn TokenSource>) -> Api {
    let clock = Clock::system();
    Api::new(ApiOptions {
        client: Client::new(&ClientOptions::default()).unwrap(),
        base: base.parse().unwrap(),
        tokens,
        quota: Quota::new(NonZeroU32::new(1_000_000).unwrap(), 16, Duration::from_secs(600), clock.clone()),
        retry: RetryPolicy::default(),
        judge: |answer: &Answer<'_>| {
            let message = format!("HTTP {}", answer.status);
            Verdict::Final(Failure::new(FailureKind::Refused, message))
        },
        cost: |_| NonZeroU32::MIN,
        clock,
    })
}

/// What one run of the program took.
pub(crate) struct Measured {
    pub(crate) time: Duration,
    /// MiB
    pub(crate) memory: u64,
}

/// Runs the program as its users do, and looks at its peak memory while it runs.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn dirsync(environment: &[(&'static str, String)], home: &Path, words: &[&str]) -> Measured {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dirsync"))
        .args(words)
        .env_clear()
        .envs(environment.iter().cloned())
        .env("DIRSYNC_HOME", home)
        .env("DIRSYNC_KEY_STORE", "file")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut memory = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
        memory = memory.max(peak.unwrap_or(0) >> 10);
        match child.try_wait().unwrap() {
            Some(status) => {
                assert!(status.success(), "dirsync {words:?}: {status}");
                return Measured { time: started.elapsed(), memory };
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

pub(crate) fn private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
