//! Whatever happens to a directory, the store ends equal to it, and one more run plans nothing.

use dirsync::model::{AccountStatus, DirectoryMember, DirectoryUser, MemberKind};
use dirsync::sync::guard::RemovalLimit;
use proptest::prelude::*;

use super::home::{Home, expected, stored};
use super::plain::Plain;

/// What may happen to a directory on one day.
#[derive(Clone, Debug)]
enum Event {
    Join(u8),
    Leave(u8, bool),
    Suspend(u8, bool),
    Retitle(u8, u8),
    Alias(u8, u8),
    Unknown(u8),
    Group(u8),
    Ungroup(u8),
    Member(u8, u8, bool),
    Unmember(u8, u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..30u8).prop_map(Event::Join),
        (0..30u8, any::<bool>()).prop_map(|(id, told)| Event::Leave(id, told)),
        (0..30u8, any::<bool>()).prop_map(|(id, on)| Event::Suspend(id, on)),
        (0..30u8, 0..4u8).prop_map(|(id, title)| Event::Retitle(id, title)),
        (0..30u8, 0..4u8).prop_map(|(id, alias)| Event::Alias(id, alias)),
        (0..30u8).prop_map(Event::Unknown),
        (0..5u8).prop_map(Event::Group),
        (0..5u8).prop_map(Event::Ungroup),
        (0..5u8, 0..30u8, any::<bool>()).prop_map(|(group, id, owner)| Event::Member(group, id, owner)),
        (0..5u8, 0..30u8).prop_map(|(group, id)| Event::Unmember(group, id)),
    ]
}

fn play(plain: &mut Plain, event: &Event) {
    let user = |plain: &mut Plain, id: u8, change: &dyn Fn(&mut DirectoryUser)| {
        if let Some(user) = plain.users.get_mut(&id.to_string()) {
            change(user);
        }
    };
    match *event {
        Event::Join(id) => {
            plain.deleted.remove(&id.to_string());
            if !plain.users.contains_key(&id.to_string()) {
                plain.join(&id.to_string());
            }
        }
        Event::Leave(id, told) => {
            if plain.users.remove(&id.to_string()).is_some() && told {
                plain.deleted.insert(id.to_string());
            }
        }
        Event::Suspend(id, on) => user(plain, id, &|user| {
            user.status = Some(if on { AccountStatus::Suspended } else { AccountStatus::Active });
        }),
        Event::Retitle(id, title) => user(plain, id, &|user| user.title = (title > 0).then(|| format!("T{title}"))),
        Event::Alias(id, alias) => {
            user(plain, id, &|user| user.aliases = (0..alias).map(|a| format!("a{a}@x")).collect())
        }
        // A missing flag keeps what is known, which for somebody active is the same as saying so.
        Event::Unknown(id) => user(plain, id, &|user| {
            if user.status == Some(AccountStatus::Active) {
                user.status = None;
            }
        }),
        Event::Group(group) => plain.group(&format!("g{group}"), &[]),
        Event::Ungroup(group) => {
            plain.groups.remove(&format!("g{group}"));
            plain.members.remove(&format!("g{group}"));
        }
        Event::Member(group, id, owner) => {
            if let Some(members) = plain.members.get_mut(&format!("g{group}")) {
                let member = DirectoryMember {
                    external_id: id.to_string(),
                    kind: if id == 29 { MemberKind::Everyone } else { MemberKind::Group },
                    email: (id != 29).then(|| format!("p{id}@corp.example")),
                    role: Some(if owner { "owner" } else { "member" }.into()),
                };
                members.insert(id.to_string(), member);
            }
        }
        Event::Unmember(group, id) => {
            if let Some(members) = plain.members.get_mut(&format!("g{group}")) {
                members.remove(&id.to_string());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_days_the_store_equals_the_directory_and_plans_nothing(
        days in prop::collection::vec(prop::collection::vec(event(), 1..25), 1..5)
    ) {
        let home = Home::new();
        let mut plain = Plain::with_people(3);
        plain.users.get_mut("0").unwrap().is_admin = true;
        for day in days {
            let admin = plain.users["0"].clone();
            day.iter().for_each(|event| play(&mut plain, event));
            // Whoever asks is there, and groups never all vanish at once (that is a fault, tested above).
            plain.users.insert("0".into(), admin);
            plain.deleted.remove("0");
            plain.group("anchor", &["0"]);
            let everything = RemovalLimit::Percent(100.0);
            let report = home.sync_with(&plain, everything).unwrap();
            prop_assert!(report.summary.users.balances() && report.summary.groups.balances());
            prop_assert_eq!(stored(&home), expected(&plain));
            home.sync_with(&plain, everything).unwrap();
            let third = home.sync_with(&plain, everything).unwrap();
            prop_assert!(third.summary.is_empty(), "{:?}", third.summary);
            prop_assert_eq!(stored(&home), expected(&plain));
        }
    }
}
