//! How a log line looks: text for people, stamped in a file; an object for programs; with its priority for journald.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::Clock;
use crate::output::LogLines;

/// When, for lines that nobody else stamps: UTC, to the millisecond.
pub(super) struct Stamp(pub(super) Clock);

impl FormatTime for Stamp {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{:.3}", self.0.now())
    }
}

/// One JSON object a line.
pub(super) struct Objects(pub(super) Clock);

#[derive(Serialize)]
struct Object {
    time: String,
    level: String,
    target: &'static str,
    message: String,
    fields: Map<String, Value>,
}

impl<S, N> FormatEvent<S, N> for Objects
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let meta = event.metadata();
        let mut said = Said::default();
        event.record(&mut said);
        let object = Object {
            time: format!("{:.3}", self.0.now()),
            level: meta.level().as_str().to_ascii_lowercase(),
            target: meta.target(),
            message: said.message,
            fields: said.fields,
        };
        writeln!(writer, "{}", serde_json::to_string(&object).map_err(|_| fmt::Error)?)
    }
}

#[derive(Default)]
struct Said {
    message: String,
    fields: Map<String, Value>,
}

impl Said {
    fn take(&mut self, field: &Field, value: Value) {
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" { self.message = text } else { self.take(field, text.into()) }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" { self.message = value.to_owned() } else { self.take(field, value.into()) }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.take(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.take(field, value.into());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.take(field, u64::try_from(value).unwrap_or(u64::MAX).into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.take(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field, value.into());
    }
}

/// Lines for journald, which reads `<4>` at a line's beginning as its priority (sd-daemon(3)).
pub(super) struct Prioritized(pub(super) LogLines);

/// One event's lines.
pub(super) struct PriorityLines {
    lines: LogLines,
    priority: u8,
}

impl<'a> MakeWriter<'a> for Prioritized {
    type Writer = PriorityLines;

    fn make_writer(&'a self) -> PriorityLines {
        PriorityLines { lines: self.0.clone(), priority: 6 }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> PriorityLines {
        let priority = match *meta.level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        PriorityLines { priority, ..self.make_writer() }
    }
}

impl Write for PriorityLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let prefixed: String = text.lines().map(|line| format!("<{}>{line}\n", self.priority)).collect();
        self.lines.write_all(prefixed.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
