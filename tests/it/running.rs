//! The program while it runs: what it says, being told by signals, its end.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Long enough for anything on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// A process, killed with this.
pub(crate) struct Running {
    child: Child,
    talk: Receiver<String>,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, talk) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        // Whatever it says must not fill the pipe, whether or not anybody wants to hear it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        Self { child, talk }
    }

    /// All lines up to the one with these words.
    #[track_caller]
    pub(crate) fn hears(&self, words: &str) -> Vec<String> {
        let mut said = Vec::new();
        while !said.last().is_some_and(|line: &String| line.contains(words)) {
            let line = self.talk.recv_timeout(SOON);
            said.push(line.unwrap_or_else(|_| panic!("nothing of {words}: {said:?}")));
        }
        said
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; what it said that was not heard yet.
    pub(crate) fn end(&mut self) -> (Option<i32>, Vec<String>) {
        let code = self.child.wait().unwrap().code();
        (code, self.talk.iter().collect())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
