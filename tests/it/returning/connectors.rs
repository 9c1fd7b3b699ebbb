//! One organisation by two ways, read and pushed by turns, each time taking over who is left of the other: whoever has the
//! directory's id is one row for ever, and devices change hands by command only.

use std::collections::BTreeMap;

use dirsync::model::{AccountStatus, DirectoryUser, IntegrationId, IntegrationName, Tenant};
use dirsync::people::{Assign, LIFE_CYCLE, Serial, assign};
use dirsync::store::scim::NewUser;
use dirsync::store::{Adoption, Farewell, NewIntegration, NewPush, NewToken, SignedIn, Store, StoreError};
use dirsync::sync::guard::RemovalLimit;
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::engine::home::Home;
use crate::engine::plain::Plain;

#[derive(Clone, Debug)]
enum Deed {
    /// Somebody comes, or comes back.
    Come(u8),
    Leave(u8),
    Sync,
    /// The connector is deleted, and one of the other kind takes over.
    Switch,
    Assign(u8, usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        5 => (0..5_u8).prop_map(Deed::Come),
        2 => (0..5_u8).prop_map(Deed::Leave),
        4 => Just(Deed::Sync),
        2 => Just(Deed::Switch),
        2 => (0..3_u8, 0..5_usize).prop_map(|(device, person)| Deed::Assign(device, person)),
    ]
}

/// The organisation as it is, and the way it is connected now.
struct Organisation {
    home: Home,
    plain: Plain,
    now: IntegrationId,
    pushes: bool,
    /// Ids that resources had.
    made: u32,
}

impl Organisation {
    fn new() -> Self {
        let home = Home::new();
        let now = home.integration().id;
        Self { home, plain: Plain::default(), now, pushes: false, made: 0 }
    }

    fn carry_out(&mut self, deed: &Deed) {
        match deed {
            Deed::Come(who) if self.pushes => self.push(*who),
            Deed::Come(who) => self.plain.join(&who.to_string()),
            Deed::Leave(who) if self.pushes => self.unpush(*who),
            Deed::Leave(who) => drop(self.plain.users.remove(&who.to_string())),
            Deed::Sync if self.pushes || self.plain.users.is_empty() => {}
            Deed::Sync => {
                let integration = self.home.integration();
                self.home.sync_as_with(integration, &self.plain, RemovalLimit::Percent(100.0)).unwrap();
            }
            Deed::Switch => self.switch(),
            Deed::Assign(device, person) => self.assign(*device, *person),
        }
    }

    fn switch(&mut self) {
        let (mut store, at) = (self.home.store(), self.home.clock.now());
        store.delete_integration(LIFE_CYCLE, self.now, Farewell::default(), at).unwrap();
        let adoption = Adoption { from: self.now, actor: Some("tester") };
        let (name, tenant) = (IntegrationName::new("corp").unwrap(), Tenant { id: "C1".into(), ..Tenant::default() });
        let signed_in = SignedIn { admin_email: None, admin_subject: None, credentials: serde_json::json!({}) };
        self.now = if self.pushes {
            let interval = SignedDuration::from_hours(4);
            let new = NewIntegration { name, kind: "google", tenant, signed_in, interval };
            store.add_integration_adopting(&new, Some(&adoption), &|_| Ok(Vec::new()), at).unwrap()
        } else {
            self.made += 1;
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&self.made.to_be_bytes());
            let token = NewToken { hash, expires_at: None };
            let options = serde_json::Value::Null;
            let new = NewPush { name, kind: "scim", tenant, admin_email: None, options, token };
            store.add_push_integration_adopting(&new, Some(&adoption), at).unwrap()
        };
        self.pushes = !self.pushes;
    }

    fn push(&mut self, who: u8) {
        self.made += 1;
        let (integration, id, scim_id) = (self.now, who.to_string(), format!("scim-{}", self.made));
        let person = DirectoryUser {
            external_id: scim_id,
            status: Some(AccountStatus::Active),
            email: Some(format!("p{id}@corp.example")),
            ..DirectoryUser::default()
        };
        let new = NewUser {
            person,
            user_name_key: format!("p{id}"),
            display_name_key: None,
            external_id: Some(id.clone()),
            active: Some(true),
            document: "{}".into(),
            email_keys: vec![],
        };
        in_batch(&self.home, integration, |writer| {
            let known = writer.users_by_external_id(&id)?;
            if known.iter().all(|known| known.deleted_at.is_some()) {
                writer.create_user(&new).map(drop)
            } else {
                Ok(())
            }
        });
    }

    fn unpush(&self, who: u8) {
        in_batch(&self.home, self.now, |writer| {
            let known = writer.users_by_external_id(&who.to_string())?;
            match known.into_iter().find(|known| known.deleted_at.is_none()) {
                Some(live) => writer.delete_user(&live.scim_id, |_, _| false).map(drop),
                None => Ok(()),
            }
        });
    }

    fn assign(&self, device: u8, person: usize) {
        let serial = Serial::parse(&format!("S{device}")).unwrap();
        let ids = self.home.rows("SELECT id FROM users ORDER BY id");
        let Some(id) = ids.get(person).map(|id| id.parse().unwrap()) else { return };
        let _ = self.home.store().change_devices(self.home.clock.now(), None, false, |writer| {
            if writer.device(&serial.key)?.is_none() {
                writer.add(&serial.given, Default::default())?;
            }
            drop(assign(writer, &serial, id, &Assign { replace: true, ..Assign::default() }));
            Ok::<_, StoreError>(())
        });
    }

    /// Everybody's internal id with the directory's.
    fn known(&self) -> Vec<(String, String)> {
        let rows = self.home.rows(
            "SELECT u.id, coalesce(s.external_id, u.external_id) FROM users u LEFT JOIN scim_users s ON s.user_id = u.id",
        );
        rows.iter().map(|row| row.split_once('|').unwrap()).map(|(id, who)| (id.to_owned(), who.to_owned())).collect()
    }
}

fn in_batch(
    home: &Home,
    integration: IntegrationId,
    work: impl FnOnce(&mut dirsync::store::scim::ScimWriter<'_>) -> Result<(), StoreError>,
) {
    let mut store: Store = home.store();
    let mut batch = store.scim_batch(LIFE_CYCLE).unwrap();
    batch.attempt(integration, home.clock.now(), work).unwrap().unwrap();
    batch.commit().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_has_the_directorys_id_is_one_row_for_ever(deeds in vec(deed(), 1..30)) {
        let mut it = Organisation::new();
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        let holders = "SELECT serial, user_id FROM v1_devices WHERE user_id IS NOT NULL ORDER BY 1";
        for deed in &deeds {
            let before = it.home.rows(holders);
            it.carry_out(deed);
            if !matches!(deed, Deed::Assign(..)) {
                prop_assert_eq!(it.home.rows(holders), before, "{:?} changed whose a device is", deed);
            }
            let known = it.known();
            for (id, who) in &known {
                let first = ids.entry(who.clone()).or_insert_with(|| id.clone());
                prop_assert_eq!(&*first, id, "{} is another row after {:?}", who, deed);
            }
            prop_assert_eq!(known.len(), ids.len(), "nobody is lost");
            let elsewhere = format!("SELECT id FROM users WHERE integration_id <> {}", it.now);
            prop_assert!(it.home.rows(&elsewhere).is_empty(), "somebody was left behind by {:?}", deed);
        }
    }
}
