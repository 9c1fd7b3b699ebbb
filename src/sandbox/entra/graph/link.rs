//! Links: where a delta round stands, in one opaque token, so that a client may go on with it after anything.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};

use super::errors;
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::server::{End, World};
use crate::sandbox::random::fingerprint;

/// How long a delta link can be used.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whose changes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) enum Stream {
    Users,
    Groups,
}

impl Stream {
    /// The path below the version.
    pub(in crate::sandbox::entra) fn path(self) -> &'static str {
        match self {
            Self::Users => "users/delta",
            Self::Groups => "groups/delta",
        }
    }
}

/// A round under way, or (as a delta link) where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::entra) struct Round {
    pub(in crate::sandbox::entra) stream: Stream,
    /// Which properties were selected.
    pub(in crate::sandbox::entra) select: u32,
    /// The generation the client knows; everything is told when absent.
    pub(in crate::sandbox::entra) since: Option<u32>,
    /// The generation at the round's start: what the client will know at its end.
    pub(in crate::sandbox::entra) target: u32,
    /// The generation at which the client began to listen.
    pub(in crate::sandbox::entra) chain: u32,
    /// How many objects there were at the round's start.
    pub(in crate::sandbox::entra) population: u32,
    /// Where this page begins, and where the one before did.
    pub(in crate::sandbox::entra) from: u32,
    pub(in crate::sandbox::entra) again: u32,
    pub(in crate::sandbox::entra) page: u32,
    /// A group whose members did not all fit: its place, and where to go on among them.
    pub(in crate::sandbox::entra) held: Option<(u32, u32)>,
}

impl Round {
    /// A round that tells everything.
    pub(super) fn first(stream: Stream, select: u32, generation: u32, population: usize) -> Self {
        Self {
            stream,
            select,
            since: None,
            target: generation,
            chain: generation,
            population: u32::try_from(population).unwrap_or(u32::MAX),
            from: 0,
            again: 0,
            page: 0,
            held: None,
        }
    }

    /// The round a delta link leads to.
    pub(super) fn next(self, generation: u32, population: usize) -> Self {
        let first = Self::first(self.stream, self.select, generation, population);
        Self { since: Some(self.target), chain: self.chain, ..first }
    }

    /// The `place`-th object of the round: the latest first, and not quite in order.
    pub(super) fn slot(&self, place: u32) -> u32 {
        let backwards = self.population - 1 - place;
        let swapped = backwards ^ 5;
        if swapped < self.population { swapped } else { backwards }
    }
}

const SKIP: &str = "$skiptoken";
const DELTA: &str = "$deltatoken";

/// The link to a round's next page.
pub(in crate::sandbox::entra) fn next_link(world: &World, round: &Round) -> String {
    link(world, SKIP, round)
}

/// The link to the next round.
pub(in crate::sandbox::entra) fn delta_link(world: &World, round: &Round) -> String {
    link(world, DELTA, round)
}

fn link(world: &World, kind: &str, round: &Round) -> String {
    let (since, held) = (round.since.map_or(0, |since| since + 1), round.held.map_or(0, |(group, _)| group + 1));
    let stream = u32::from(round.stream == Stream::Groups);
    let offset = round.held.map_or(0, |(_, offset)| offset);
    let numbers = [
        stream,
        round.select,
        since,
        round.target,
        round.chain,
        round.population,
        round.from,
        round.again,
        round.page,
        held,
        offset,
        world.epoch(),
    ];
    let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:x}")).collect();
    let text = format!("{}.{:x}", numbers.join("."), world.stage.clock.now().as_second());
    let token = URL_SAFE_NO_PAD.encode(format!("{text}.{:x}", check(kind, &text)));
    format!("{}/v1.0/{}?{kind}={token}", world.stage.base_url, round.stream.path())
}

fn check(kind: &str, text: &str) -> u64 {
    fingerprint(&format!("{kind}.{text}"))
}

/// The round a token stands for, if it is good.
fn parse(kind: &str, token: &str) -> Option<(Round, u32, Timestamp)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (text, sum) = text.rsplit_once('.')?;
    if sum != format!("{:x}", check(kind, text)) {
        return None;
    }
    let (numbers, issued) = text.rsplit_once('.')?;
    let numbers: Vec<u32> = numbers.split('.').map_while(|number| u32::from_str_radix(number, 16).ok()).collect();
    let [stream, select, since, target, chain, population, from, again, page, held, offset, epoch] = numbers[..] else {
        return None;
    };
    let stream = if stream == 0 { Stream::Users } else { Stream::Groups };
    let (since, held) = (since.checked_sub(1), held.checked_sub(1).map(|group| (group, offset)));
    let round = Round { stream, select, since, target, chain, population, from, again, page, held };
    Some((round, epoch, Timestamp::from_second(i64::from_str_radix(issued, 16).ok()?).ok()?))
}

/// Reads a token of the request: `Ok(None)` when there is none.
pub(super) fn read(
    world: &World,
    stream: Stream,
    skip: Option<&str>,
    delta: Option<&str>,
) -> Result<Option<(Round, bool)>, Answer> {
    let (kind, token) = match (skip, delta) {
        (Some(token), _) => (SKIP, token),
        (None, Some(token)) => (DELTA, token),
        (None, None) => return Ok(None),
    };
    let (round, epoch, issued) = parse(kind, token)
        .filter(|(round, ..)| round.stream == stream)
        .ok_or_else(|| errors::bad_request("Badly formed token."))?;
    match world.end_of(epoch) {
        None => {}
        Some(End::Expired) => return Err(errors::sync_state("syncStateNotFound", false)),
        Some(End::Moved) => return Err(errors::gone(Some(&start(world, stream)))),
    }
    if world.stage.clock.now() >= issued + LIFE {
        return Err(errors::sync_state("syncStateNotFound", false));
    }
    Ok(Some((round, kind == DELTA)))
}

/// The address at which a full round starts anew.
pub(in crate::sandbox::entra) fn start(world: &World, stream: Stream) -> String {
    format!("{}/v1.0/{}?$deltatoken=", world.stage.base_url, stream.path())
}

/// A delta link that tells nothing but what happens from now on, as `$deltatoken=latest` gives it.
pub(in crate::sandbox::entra) fn now(world: &World, stream: Stream) -> String {
    let generation = world.tenant().generation;
    delta_link(world, &Round::first(stream, u32::MAX, generation, 0))
}
