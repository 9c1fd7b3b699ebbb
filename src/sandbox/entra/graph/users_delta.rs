//! A page of `/users/delta`.

use super::delta::Page;
use crate::sandbox::entra::tenant::{Person, Presence, Slot, ghost};
use crate::sandbox::entra::wire::user::{self, Boss};
use crate::sandbox::entra::wire::writer::Manner;

/// What a page says of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tell {
    Nothing,
    Whole,
    /// Only these properties, which are all that changed.
    Part(u32),
    Removed(&'static str),
}

/// Every other property, to tell a person in two halves.
const HALF: u32 = 0x5555_5555;

/// Fills a page with about `size` people; whether the round has told everything.
pub(super) fn fill(page: &mut Page<'_>, size: usize) -> bool {
    if page.round.page == 0 && page.round.since.is_none() {
        // Deleted long before, and told nevertheless.
        for (index, reason) in [(1, "changed"), (2, "deleted")] {
            user::write_removed(page.item(), ghost(9, index), reason);
        }
    }
    // The other halves of those whom the page before told by halves.
    for place in page.round.again..page.round.from {
        second_half(page, place);
    }
    page.round.again = page.round.from;
    let mut told = 0;
    while page.round.from < page.round.population && told < size.max(1) {
        let slot = page.round.slot(page.round.from);
        page.round.from += 1;
        told += usize::from(tell(page, slot));
    }
    let ended = page.round.from >= page.round.population;
    if ended {
        for place in page.round.again..page.round.from {
            second_half(page, place);
        }
        page.round.again = page.round.from;
    }
    ended
}

fn tell(page: &mut Page<'_>, slot: Slot) -> bool {
    let person = page.tenant.person(slot);
    let select = page.round.select;
    match what(page, person) {
        Tell::Nothing => return false,
        Tell::Whole if is_split(page, person) => write(page, slot, select & HALF),
        Tell::Whole => write(page, slot, select),
        Tell::Part(fields) => write(page, slot, select & fields),
        Tell::Removed(reason) => user::write_removed(page.item(), person.id, reason),
    }
    true
}

fn second_half(page: &mut Page<'_>, place: u32) {
    let slot = page.round.slot(place);
    let person = page.tenant.person(slot);
    if is_split(page, person) && what(page, person) == Tell::Whole {
        write(page, slot, page.round.select & !HALF);
    }
}

fn write(page: &mut Page<'_>, slot: Slot, fields: u32) {
    let tenant = page.tenant;
    user::write(page.item(), tenant, slot, fields, Manner::Told, Boss::Delta);
}

fn is_split(page: &Page<'_>, person: &Person) -> bool {
    page.dice(person.id.number(), 7).is_multiple_of(8)
}

fn what(page: &Page<'_>, person: &Person) -> Tell {
    let number = person.id.number();
    let Some(since) = page.round.since else {
        return match person.presence {
            Presence::Present => Tell::Whole,
            Presence::Hidden => Tell::Nothing,
            Presence::Purged if page.dice(number, 1).is_multiple_of(4) => Tell::Removed("deleted"),
            Presence::Deleted { .. } | Presence::HiddenDeleted { .. } if page.dice(number, 2).is_multiple_of(2) => {
                Tell::Removed("changed")
            }
            _ => Tell::Nothing,
        };
    };
    let history = &person.history;
    let is_news = history.changed > since;
    // What the round before told already comes again now and then.
    let is_replay = since > 0 && history.changed == since && page.dice(number, u64::from(since)).is_multiple_of(3);
    if !is_news && !is_replay {
        return Tell::Nothing;
    }
    match person.presence {
        Presence::Hidden => Tell::Nothing,
        Presence::Deleted { .. } | Presence::HiddenDeleted { .. } => Tell::Removed("changed"),
        Presence::Purged => Tell::Removed("deleted"),
        Presence::Present => match history.since(since).filter(|_| is_news) {
            // Only selected properties are tracked.
            Some(fields) if fields & page.round.select == 0 => Tell::Nothing,
            Some(fields) if page.dice(number, u64::from(history.changed) << 8).is_multiple_of(2) => Tell::Part(fields),
            _ => Tell::Whole,
        },
    }
}
