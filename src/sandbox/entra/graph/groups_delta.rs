//! A page of `/groups/delta`. The members of a large group are spread over pages, on each of which the group is repeated,
//! with other groups in between.

use super::delta::Page;
use crate::sandbox::entra::tenant::{Group, Kind, Slot, What, ghost};
use crate::sandbox::entra::wire::fields::group as bit;
use crate::sandbox::entra::wire::group;
use crate::sandbox::entra::wire::user::write_removed;
use crate::sandbox::entra::wire::writer::Manner;

/// What a page says of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tell {
    Nothing,
    /// These properties, and members if these are selected.
    Fields(u32),
    Removed(&'static str),
}

/// Fills a page with up to `size` groups and about `budget` members; whether the round has told everything.
pub(super) fn fill(page: &mut Page<'_>, size: usize, budget: usize) -> bool {
    if page.round.page == 0 && page.round.since.is_none() {
        write_removed(page.item(), ghost(9, 3), "deleted");
    }
    let mut left = budget.max(2);
    if let Some((place, offset)) = page.round.held {
        // Half for the group that is under way, half for the others.
        let (told, next) = tell(page, page.round.slot(place), offset, left / 2);
        left -= told;
        page.round.held = next.map(|offset| (place, offset));
    }
    let mut told = 0;
    while page.round.from < page.round.population && told < shrunk(size, page.round.page) {
        let place = page.round.from;
        let slot = page.round.slot(place);
        let group = page.tenant.group(slot);
        let many = group.members.len().max(group.log.len());
        if what(page, group) != Tell::Nothing && many > left && (page.round.held.is_some() || left == 0) {
            break;
        }
        page.round.from += 1;
        let before = page.out.len();
        let (members, next) = tell(page, slot, 0, left);
        left -= members;
        told += usize::from(page.out.len() > before);
        if let Some(offset) = next {
            page.round.held = Some((place, offset));
        }
    }
    page.round.from >= page.round.population && page.round.held.is_none()
}

/// Pages shrink now and then, down to a single group.
fn shrunk(size: usize, page: u32) -> usize {
    match page % 16 {
        5 => 1,
        place if place % 3 == 0 => (size / 4).max(1),
        _ => size.max(1),
    }
}

/// Tells a group, with members from `offset` on, up to `budget`; how many members that were, and where to go on.
fn tell(page: &mut Page<'_>, slot: Slot, offset: u32, budget: usize) -> (usize, Option<u32>) {
    let tenant = page.tenant;
    let group = tenant.group(slot);
    match what(page, group) {
        Tell::Nothing => (0, None),
        Tell::Removed(reason) => {
            write_removed(page.item(), group.id, reason);
            (0, None)
        }
        Tell::Fields(fields) => {
            let mut references = Vec::new();
            let wants_members = page.round.select & bit("members") != 0;
            let (told, next) =
                if wants_members { members(page, group, offset, budget, &mut references) } else { (0, None) };
            let select = page.round.select & fields;
            let mut object = group::open(page.item(), group, select, Manner::Told);
            if told > 0 {
                object.key("members@delta");
                object.out.push(b'[');
                object.out.append(&mut references);
                object.out.push(b']');
            }
            object.close();
            (told, next)
        }
    }
}

fn what(page: &Page<'_>, group: &Group) -> Tell {
    let number = group.id.number();
    let removed = if group.deleted_day.is_some() { "changed" } else { "deleted" };
    let Some(since) = page.round.since else {
        return match group.live {
            true => Tell::Fields(u32::MAX),
            false if group.deleted_day.is_some() && page.dice(number, 2).is_multiple_of(2) => Tell::Removed(removed),
            false => Tell::Nothing,
        };
    };
    let history = &group.history;
    let is_replay = since > 0 && history.changed == since && page.dice(number, u64::from(since)).is_multiple_of(3);
    let is_news = history.changed > since;
    let has_moved = page.round.select & bit("members") != 0 && group.touched() > since;
    if !group.live {
        return if is_news || is_replay { Tell::Removed(removed) } else { Tell::Nothing };
    }
    let changed = if is_news { history.since(since).unwrap_or(u32::MAX) } else { 0 };
    let is_whole = page.dice(number, u64::from(history.changed) << 8).is_multiple_of(2);
    match (is_news || has_moved, changed & page.round.select != 0 || has_moved) {
        (false, _) if is_replay => Tell::Fields(u32::MAX),
        (false, _) | (true, false) => Tell::Nothing,
        (true, true) if is_whole => Tell::Fields(u32::MAX),
        (true, true) => Tell::Fields(changed),
    }
}

/// Writes references to members: how many, and where to go on.
fn members(page: &Page<'_>, group: &Group, offset: u32, budget: usize, out: &mut Vec<u8>) -> (usize, Option<u32>) {
    let log_since = page.round.since.filter(|since| group.history.created <= *since);
    let start = offset as usize;
    let mut told = 0;
    let mut tell = |kind: Kind, index: Slot, removed: bool| {
        if told > 0 {
            out.push(b',');
        }
        told += 1;
        group::reference(out, page.tenant, (kind, index), removed);
        told >= budget.max(1)
    };
    let mut next = None;
    let go_on = |place: usize, total: usize| (place + 1 < total).then(|| u32::try_from(place + 1).unwrap_or(u32::MAX));
    match log_since {
        None => {
            for (place, member) in group.members.iter().enumerate().skip(start) {
                let told_as_gone = page.round.since.is_none()
                    && member.was_removed()
                    && page.dice(group.id.number(), place as u64).is_multiple_of(2);
                let shown = member.is_in() && is_told(page, member.kind, member.index);
                if (shown || told_as_gone) && tell(member.kind, member.index, !shown) {
                    next = go_on(place, group.members.len());
                    break;
                }
            }
        }
        Some(since) => {
            let replays = since > 0 && page.dice(group.id.number(), u64::from(since)).is_multiple_of(3);
            let first = group.log.partition_point(|entry| entry.at < since + u32::from(!replays));
            for (place, entry) in group.log.iter().enumerate().skip(first.max(start)) {
                let is_in = group.is_in_by_log(entry.kind, entry.index);
                let unheard = match entry.what {
                    What::Returned { left } => is_in && page.round.chain >= left,
                    _ => true,
                };
                if unheard && !is_purged(page, entry.kind, entry.index) && tell(entry.kind, entry.index, !is_in) {
                    next = go_on(place, group.log.len());
                    break;
                }
            }
        }
    }
    (told, next)
}

/// Whether a membership is told: those of soft-deleted people are not, unless they were deleted under the client's eyes,
/// who would miss them after a restoration.
fn is_told(page: &Page<'_>, kind: Kind, index: Slot) -> bool {
    if page.tenant.shows(kind, index) {
        return true;
    }
    let base = page.round.since.unwrap_or(page.round.target);
    kind == Kind::Person && !is_purged(page, kind, index) && page.tenant.person(index).history.left > base
}

fn is_purged(page: &Page<'_>, kind: Kind, index: Slot) -> bool {
    use crate::sandbox::entra::tenant::Presence;
    kind == Kind::Person && page.tenant.person(index).presence == Presence::Purged
}
