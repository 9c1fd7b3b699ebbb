//! Tables as people see them, at 80 and at 200 columns.

use std::io::Write;
use std::sync::{Arc, Mutex};

use dirsync::clock::Clock;
use dirsync::output::{Cell, Column, Listing, Options, Ui};
use insta::assert_snapshot;
use serde::Serialize;

use crate::world::NOW;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Serialize)]
struct Person {
    email: &'static str,
    name: &'static str,
    status: &'static str,
    department: &'static str,
    manager: &'static str,
    devices: Vec<String>,
    seen: jiff::Timestamp,
}

fn listing() -> Listing<Person> {
    Listing::new(vec![
        Column::new("email", |it: &Person| it.email.into()).priority(100).min_width(22),
        Column::new("name", |it: &Person| it.name.into()).priority(95).min_width(16),
        Column::new("status", |it: &Person| Cell::word(it.status)).priority(90),
        Column::new("department", |it: &Person| it.department.into()).priority(50),
        Column::new("manager", |it: &Person| it.manager.into()).priority(30).min_width(18),
        Column::new("devices", |it: &Person| (&it.devices).into()).priority(99),
        Column::new("seen", |it: &Person| it.seen.into()).priority(80),
    ])
    .when_empty("nobody here; 'dirsync add' connects a directory")
}

fn people() -> Vec<Person> {
    let person = |email, name, status| Person {
        email,
        name,
        status,
        department: "Engineering / Platform",
        manager: "j.doe@example.com",
        devices: Vec::new(),
        seen: "2026-11-24T05:00:00Z".parse().unwrap(),
    };
    vec![
        person("maria.fernanda.gonzalez@subsidiary.example.com", "María Fernanda González 山田太郎", "active"),
        person("bo@example.com", "Bo\u{1b}[31m\nthe\tred", "suspended"),
    ]
}

fn shown(options: Options, people: &[Person]) -> String {
    let (out, talk) = (Sink::default(), Sink::default());
    let clock = Clock::manual(NOW.parse().unwrap());
    let ui = Ui::to(options, clock, Box::new(out.clone()), Box::new(talk.clone()));
    ui.list(&listing(), people).unwrap();
    let text = |sink: Sink| String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    format!("{}---- stderr\n{}", text(out), text(talk))
}

fn terminal(width: usize) -> Options {
    Options { terminal_out: true, terminal_talk: true, width: Some(width), ..Options::default() }
}

#[test]
fn a_table_fits_and_says_what_it_hides() {
    assert_snapshot!("table_80", shown(terminal(80), &people()));
    assert_snapshot!("table_200", shown(terminal(200), &people()));
    assert_snapshot!("table_30", shown(terminal(30), &people()));
    assert_snapshot!("table_wide", shown(Options { wide: true, ..terminal(80) }, &people()));
    assert_snapshot!("table_empty", shown(terminal(80), &[]));
    for width in 20..220 {
        let text = shown(terminal(width), &people());
        let table = text.split("----").next().unwrap();
        for line in table.lines() {
            let used = unicode_width::UnicodeWidthStr::width(line);
            assert!(used <= width, "{used} cells at {width}: {line}");
        }
    }
}

#[test]
fn named_columns_are_cut_but_never_hidden() {
    let columns = ["manager", "email", "department", "name"].map(String::from).to_vec();
    assert_snapshot!("table_named", shown(Options { columns, ..terminal(60) }, &people()));
}

#[test]
fn colour_is_for_words_and_headers() {
    assert_snapshot!(
        "table_colour",
        shown(Options { color_out: true, ..terminal(200) }, &people()).replace('\u{1b}', "␛")
    );
}
