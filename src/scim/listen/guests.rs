//! Who is connected: a count in all and by address, so that one client cannot take every place.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The connections there are.
#[derive(Clone, Debug)]
pub(super) struct Guests {
    places: usize,
    per_peer: usize,
    present: Arc<Mutex<Present>>,
}

#[derive(Debug, Default)]
struct Present {
    all: usize,
    by_peer: HashMap<IpAddr, usize>,
}

/// A connection's place, until dropped.
#[derive(Debug)]
pub(super) struct Place {
    present: Arc<Mutex<Present>>,
    peer: Option<IpAddr>,
}

impl Guests {
    pub(super) fn new(places: usize, per_peer: usize) -> Self {
        Self { places, per_peer, present: Arc::default() }
    }

    /// A place for a client from `address`, if there is one. A trusted proxy speaks for many and is not counted alone.
    pub(super) fn admit(&self, address: IpAddr, trusted: bool) -> Option<Place> {
        let peer = (!trusted).then(|| household(address));
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if present.all >= self.places {
            return None;
        }
        if let Some(peer) = peer {
            let count = present.by_peer.entry(peer).or_default();
            if *count >= self.per_peer {
                return None;
            }
            *count += 1;
        }
        present.all += 1;
        Some(Place { present: Arc::clone(&self.present), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        present.all = present.all.saturating_sub(1);
        let Some(peer) = self.peer else { return };
        if let Some(count) = present.by_peer.get_mut(&peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                present.by_peer.remove(&peer);
            }
        }
    }
}

/// Whoever has one IPv6 address has its whole /64.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_cannot_take_every_place_and_who_leaves_makes_room() {
        let guests = Guests::new(4, 2);
        let admit = |address: &str, trusted| guests.admit(address.parse().unwrap(), trusted);
        let first = admit("192.0.2.1", false).unwrap();
        let _second = admit("192.0.2.1", false).unwrap();
        assert!(admit("192.0.2.1", false).is_none());
        drop(first);
        let _third = admit("192.0.2.1", false).unwrap();
        let (_one, _other) = (admit("2001:db8::1", false).unwrap(), admit("2001:db8::2", false).unwrap());
        assert!(admit("192.0.2.9", false).is_none(), "the house is full");
        drop(_one);
        assert!(admit("2001:db8:0:0:1::1", false).is_some());
        let _again = admit("2001:db8::3", false).unwrap();
        assert!(admit("2001:db8::4", true).is_none(), "for proxies too");
        drop((_second, _third, _other, _again));
        let proxied: Vec<Place> = (0..4).map(|_| admit("10.0.0.1", true).unwrap()).collect();
        drop(proxied);
        assert!(guests.present.lock().unwrap().by_peer.is_empty());
    }
}
