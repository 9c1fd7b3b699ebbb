//! The master key from a command's standard output: `pass show dirsync`, `op read …`, `vault kv get …`.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::error::KeyStoreError;
use super::key::MasterKey;
use super::key_text;

/// More than any spelling of a key needs.
const LIMIT: u64 = 4096;

/// Runs `argv` (no shell) and reads the key that it prints, within `deadline`.
pub(super) fn load(argv: &[String], deadline: Duration) -> Result<MasterKey, KeyStoreError> {
    let [program, arguments @ ..] = argv else {
        return Err(failed("", "no command was given"));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(program, &error.to_string()))?;
    // Both pipes are read at once, each by a thread that may be left behind: a grandchild can hold a pipe open for ever.
    let output = gather(child.stdout.take());
    let complaint = gather(child.stderr.take());
    let Ok(printed) = output.recv_timeout(deadline) else {
        return Err(given_up(program, child, deadline));
    };
    let status = match wait(&mut child) {
        Some(status) => status,
        None => return Err(given_up(program, child, deadline)),
    };
    if !status.success() {
        let complaint = complaint.recv_timeout(Duration::from_millis(500)).unwrap_or_default();
        let code = status.code().map_or("a signal".to_owned(), |code| format!("exit code {code}"));
        return Err(failed(program, &format!("{code}{}", first_line(&complaint))));
    }
    key_text::read(&printed)
        .map_err(|found| KeyStoreError::NotAKey { place: format!("the output of the key command '{program}'"), found })
}

fn gather(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Zeroizing<Vec<u8>>> {
    let (done, gathered) = mpsc::channel();
    std::thread::spawn(move || {
        let mut content = Zeroizing::new(Vec::with_capacity(LIMIT as usize));
        if let Some(pipe) = pipe {
            // What could be read before an error is judged like any other output.
            let _ = pipe.take(LIMIT).read_to_end(&mut content);
        }
        let _ = done.send(content);
    });
    gathered
}

/// Its output has ended, so it is about to; some take a moment.
fn wait(child: &mut Child) -> Option<std::process::ExitStatus> {
    for _ in 0..100 {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

fn given_up(program: &str, mut child: Child, deadline: Duration) -> KeyStoreError {
    let _ = child.kill();
    let _ = child.wait();
    failed(program, &format!("no key within {} seconds", deadline.as_secs()))
}

fn failed(program: &str, reason: &str) -> KeyStoreError {
    KeyStoreError::CommandFailed { program: program.to_owned(), reason: reason.to_owned() }
}

/// The command's own words, short and without control characters; only ever its standard error.
fn first_line(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!(" ({})", line.chars().filter(|c| !c.is_control()).take(160).collect::<String>()),
        None => String::new(),
    }
}
