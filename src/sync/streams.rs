//! Where a directory that tells its changes is taken up: where a run broke off, where the last round ended, or at the
//! very beginning, with everything.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::model::{IntegrationId, Place, Start, Stream};
use crate::people::LIFE_CYCLE;
use crate::store::{KnownStream, Stage, Store, StoreError};

/// Links are good for seven days (devblogs.microsoft.com/microsoft365dev, 2020-07-03); an older one is not even tried.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(156);

/// A change may be missed by the directory's own account of changes; once a week everything is compared.
const RECONCILED_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Opens the staging area that the last run left, or else a new one, and says where each stream goes on.
pub(super) fn open_stage(
    database: &Path,
    id: IntegrationId,
    key: &str,
    everything: bool,
    now: Timestamp,
) -> Result<(Stage, Start), StoreError> {
    let oldest = now.checked_sub(LONGEST_LIFE).unwrap_or(now);
    if let Some(stage) = Stage::take_up(Store::open(database)?, id, LIFE_CYCLE, key, everything, oldest)? {
        let start = stage.start()?;
        tracing::info!("going on where the last run broke off");
        return Ok((stage, start));
    }
    let store = Store::open(database)?;
    let everything = everything || store.has_unconfirmed(id)?;
    let mut start = Start::default();
    for known in store.streams(id)? {
        if !everything && is_good(&known, key, now) {
            start.set(known.stream, Place::Since(known.link));
        }
    }
    for stream in Stream::ALL {
        let everything = *start.of(stream) == Place::Beginning;
        tracing::debug!(stream = stream.as_str(), everything, "the stream begins");
    }
    Ok((Stage::follow(store, id, LIFE_CYCLE, key, &start, now)?, start))
}

/// Whether a stream can go on where it was, and need not tell everything for once.
fn is_good(known: &KnownStream, key: &str, now: Timestamp) -> bool {
    let age = |since: Timestamp| now.duration_since(since);
    // A clock that went backwards says nothing about an age.
    let within = |since, longest| (SignedDuration::ZERO..longest).contains(&age(since));
    known.key == key && within(known.told_at, LONGEST_LIFE) && within(known.whole_at, RECONCILED_EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_goes_on_unless_its_link_is_old_of_another_kind_or_everything_is_due() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let ago = |hours| now - SignedDuration::from_hours(hours);
        let known = |told, whole| KnownStream {
            stream: Stream::People,
            link: "l".into(),
            key: "k".into(),
            told_at: ago(told),
            whole_at: ago(whole),
            changes_at: None,
        };
        for (told, whole, good) in
            [(4, 4, true), (155, 160, true), (156, 160, false), (4, 167, true), (4, 168, false), (-1, 4, false)]
        {
            assert_eq!(is_good(&known(told, whole), "k", now), good, "{told} {whole}");
        }
        assert!(!is_good(&known(4, 4), "another", now));
    }
}
