//! stdout for data, stderr for talk. Cheap to clone and usable from any thread; the only holder of the two streams.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressDrawTarget};
use jiff::Timestamp;
use serde::Serialize;

use super::cell::printable;
use super::wrap::wrapped;
use super::{Format, Listing, Options, OutputError, Progress, Report, Rows};
use crate::clock::Clock;

/// The target under which all that is said to the user is told to the log as well.
pub const TALK: &str = "dirsync::talk";

type Stream = Mutex<Box<dyn Write + Send>>;

/// The way to the user.
#[derive(Clone)]
pub struct Ui(Arc<Inner>);

struct Inner {
    options: Options,
    clock: Clock,
    out: Stream,
    talk: Stream,
    bars: MultiProgress,
}

impl Ui {
    /// Prints to the process's own streams.
    pub fn new(options: Options, clock: Clock) -> Self {
        let out = Box::new(BufWriter::new(io::stdout()));
        Self::to(options, clock, out, Box::new(io::stderr()))
    }

    /// Prints to any two streams.
    pub fn to(options: Options, clock: Clock, out: Box<dyn Write + Send>, talk: Box<dyn Write + Send>) -> Self {
        let shows_progress = options.terminal_talk && !options.quiet;
        let target = if shows_progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        Self(Arc::new(Inner { options, clock, out: Mutex::new(out), talk: Mutex::new(talk), bars }))
    }

    /// How it prints.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    // ── data ──

    /// Starts a listing whose records come one by one.
    ///
    /// # Errors
    /// A column asked for does not exist, or stdout refuses.
    pub fn rows<'a, T: Serialize>(&'a self, listing: &'a Listing<T>) -> Result<Rows<'a, T>, OutputError> {
        Rows::start(self, listing, self.0.options.shape())
    }

    /// Starts a listing that is in `format` unless the user asked for another: for what is to be read by programs
    /// wherever it goes.
    ///
    /// # Errors
    /// As [`Ui::rows`].
    pub fn rows_in<'a, T: Serialize>(
        &'a self,
        format: Format,
        listing: &'a Listing<T>,
    ) -> Result<Rows<'a, T>, OutputError> {
        let format = self.0.options.format.or(Some(format));
        Rows::start(self, listing, Options { format, ..self.0.options.clone() }.shape())
    }

    /// Prints a listing of records at hand.
    ///
    /// # Errors
    /// As [`Ui::rows`].
    pub fn list<T: Serialize>(&self, listing: &Listing<T>, records: &[T]) -> Result<(), OutputError> {
        let mut rows = self.rows(listing)?;
        for record in records {
            rows.push(record)?;
        }
        rows.finish().map(|_| ())
    }

    /// Prints text as it is, for what is not a record (help, a completion script).
    ///
    /// # Errors
    /// stdout refuses.
    pub fn text(&self, text: &str) -> Result<(), OutputError> {
        let text = if self.0.options.color_out { text.to_owned() } else { strip_str(text).to_string() };
        let mut out = self.out();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// Prints bytes that are not for eyes.
    ///
    /// # Errors
    /// stdout refuses.
    pub fn verbatim(&self, bytes: &[u8]) -> Result<(), OutputError> {
        let mut out = self.out();
        out.write_all(bytes)?;
        Ok(out.flush()?)
    }

    pub(super) fn out(&self) -> Out<'_> {
        Out(&self.0.out)
    }

    // ── talk ──

    /// What happened, in a line; `-q` silences it.
    pub fn say(&self, line: &str) {
        tracing::info!(target: TALK, "{}", printable(line));
        if self.talks() {
            self.talk(&format!("{}\n", self.fitted(line, 0)));
        }
    }

    /// As [`Ui::say`], after an empty line and in bold: where something new begins.
    pub fn heading(&self, line: &str) {
        tracing::info!(target: TALK, "{}", printable(line));
        if self.talks() {
            let bold = Style::new().bold();
            self.talk(&format!("\n{bold}{}{bold:#}\n", self.fitted(line, 0)));
        }
    }

    /// As [`Ui::say`], but only where a person watches: a scheduled run that went well has nothing to say.
    pub fn remark(&self, line: &str) {
        if self.0.options.terminal_talk || self.0.options.verbosity > 0 {
            self.say(line);
        }
    }

    /// What only `-v` wants to know.
    pub fn detail(&self, line: &str) {
        if self.0.options.verbosity > 0 {
            self.say(line);
        }
    }

    /// Something that went well enough, but should be known.
    pub fn warn(&self, line: &str) {
        tracing::warn!(target: TALK, "{}", printable(line));
        if self.talks() {
            let yellow = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
            self.talk(&format!("{yellow}warning:{yellow:#} {}\n", self.fitted(line, "warning: ".len())));
        }
    }

    /// A dim note beside the data.
    pub fn aside(&self, line: &str) {
        if self.0.options.terminal_talk && !self.0.options.quiet {
            let dim = Style::new().dimmed();
            self.talk(&format!("{dim}{}{dim:#}\n", printable(line)));
        }
    }

    /// Whether anything but errors is shown on stderr.
    fn talks(&self) -> bool {
        !self.0.options.quiet && !self.0.options.talk_is_logged
    }

    /// An error, in the form the output format asks for; never silenced.
    pub fn report(&self, report: &Report) {
        self.flush();
        report.log();
        if self.0.options.talk_is_logged {
            return;
        }
        match self.0.options.format {
            Some(Format::Json | Format::JsonLines) => self.talk(&format!("{}\n", report.json())),
            _ => self.talk(&report.human(self.talk_width())),
        }
    }

    /// Text for stderr as it is (the command line's own usage errors); never silenced.
    pub fn raw_talk(&self, text: &str) {
        self.flush();
        self.talk(text);
    }

    /// A progress line; hidden unless stderr is a terminal and talk is wanted.
    pub fn progress(&self, doing: &str) -> Progress {
        if self.0.bars.is_hidden() { Progress::hidden() } else { Progress::on(&self.0.bars, doing) }
    }

    /// A stream for log lines that keeps clear of progress lines.
    pub fn log_lines(&self) -> LogLines {
        LogLines(self.clone())
    }

    /// Sends out what is buffered for stdout; whoever stopped reading gets nothing more.
    pub fn flush(&self) {
        let _ = self.out().flush();
    }

    /// How broad talk may be: a terminal breaks lines in mid-word, a file takes them as they are.
    fn talk_width(&self) -> Option<usize> {
        self.0.options.width.filter(|_| self.0.options.terminal_talk)
    }

    /// A line to say, after `used` cells.
    fn fitted(&self, line: &str, used: usize) -> String {
        let line = printable(line);
        self.talk_width().map_or_else(|| line.to_string(), |limit| wrapped(&line, used, limit))
    }

    fn talk(&self, text: &str) {
        if self.0.options.terminal_out && self.0.options.terminal_talk {
            // On one screen things appear in the order in which they were said.
            self.flush();
        }
        let text = if self.0.options.color_talk { text.to_owned() } else { strip_str(text).to_string() };
        self.0.bars.suspend(|| {
            // There is no third stream to complain on.
            let _ = lock(&self.0.talk).write_all(text.as_bytes());
        });
    }
}

impl fmt::Debug for Ui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ui").field(&self.0.options).finish()
    }
}

/// The width of the terminal that stdout is, where it can be learnt.
pub fn terminal_width() -> Option<usize> {
    comfy_table::Table::new().width().map(usize::from).filter(|&width| width > 0)
}

fn lock(stream: &Stream) -> MutexGuard<'_, Box<dyn Write + Send>> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

/// stdout, locked for one write at a time.
pub(super) struct Out<'a>(&'a Stream);

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        lock(self.0).flush()
    }
}

/// Where log lines go.
#[derive(Clone, Debug)]
pub struct LogLines(Ui);

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.talk(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
