//! What is going on, while it goes on: counts and a rate on a terminal, nothing anywhere else.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::relative::thousands;

/// A line of counts that may be fed from any thread; it vanishes with its last clone.
#[derive(Clone, Debug)]
pub struct Progress(Option<Arc<Line>>);

#[derive(Debug)]
struct Line {
    bar: ProgressBar,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    doing: String,
    counts: Vec<(&'static str, i64)>,
}

impl Progress {
    /// A line that shows nothing.
    pub fn hidden() -> Self {
        Self(None)
    }

    pub(super) fn on(bars: &MultiProgress, doing: &str) -> Self {
        let bar = bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        let line = Self(Some(Arc::new(Line { bar, state: Mutex::default() })));
        line.doing(doing);
        line
    }

    /// Says what is being done now (`fetching`, `planning`); the counts stay.
    pub fn doing(&self, what: &str) {
        self.change(|state| state.doing = what.to_owned());
    }

    /// Adds to one of the counts; counts are shown in the order of their first appearance.
    pub fn add(&self, what: &'static str, more: usize) {
        let more = i64::try_from(more).unwrap_or(i64::MAX);
        self.change(|state| match state.counts.iter_mut().find(|(name, _)| *name == what) {
            Some((_, count)) => *count = count.saturating_add(more),
            None => state.counts.push((what, more)),
        });
    }

    /// Sets counts to what they are by now.
    pub fn set(&self, counts: &[(&'static str, i64)]) {
        self.change(|state| state.counts = counts.to_vec());
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let Some(line) = &self.0 else { return };
        let mut state = line.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        line.bar.set_message(state.text(line.bar.elapsed()));
    }
}

impl State {
    fn text(&self, elapsed: Duration) -> String {
        let counts: Vec<String> =
            self.counts.iter().map(|(name, count)| format!("{name} {}", thousands(*count))).collect();
        let total: i64 = self.counts.iter().map(|(_, count)| count).sum();
        let rate = if elapsed >= Duration::from_secs(1) && total > 0 {
            format!(" · {}/s", thousands((total as f64 / elapsed.as_secs_f64()) as i64))
        } else {
            String::new()
        };
        format!("{}  {}{rate}", self.doing, counts.join(" · "))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_a_rate_make_one_line() {
        let state = State {
            doing: "fetching".into(),
            counts: vec![("users", 12_345), ("groups", 321), ("memberships", 45_678)],
        };
        assert_eq!(
            state.text(Duration::from_secs(10)),
            "fetching  users 12,345 · groups 321 · memberships 45,678 · 5,834/s"
        );
        assert_eq!(State { doing: "planning".into(), counts: vec![] }.text(Duration::ZERO), "planning  ");
    }
}
