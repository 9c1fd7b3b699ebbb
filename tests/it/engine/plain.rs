//! A directory made of plain data, for the engine's tests.

use std::collections::{BTreeMap, BTreeSet};

use dirsync::model::{
    AccountStatus, DirectoryGroup, DirectoryMember, DirectoryUser, Failure, FailureKind, MemberKind, Record, Start,
    Tenant,
};
use dirsync::provider::{Directory, Fetched, Following, Probe};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::Sender;

/// A directory as plain data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain {
    pub(crate) users: BTreeMap<String, DirectoryUser>,
    pub(crate) groups: BTreeMap<String, DirectoryGroup>,
    pub(crate) members: BTreeMap<String, BTreeMap<String, DirectoryMember>>,
    pub(crate) deleted: BTreeSet<String>,
    pub(crate) refused: Vec<(Option<String>, String)>,
    /// Whether refused records come before the people, not behind them.
    pub(crate) refused_first: bool,
    pub(crate) failing_groups: BTreeSet<String>,
    pub(crate) fail: Option<Failure>,
}

impl Plain {
    pub(crate) fn with_people(number: usize) -> Self {
        let mut plain = Self::default();
        for i in 0..number {
            plain.join(&i.to_string());
        }
        plain
    }

    pub(crate) fn join(&mut self, id: &str) {
        let user = DirectoryUser {
            external_id: id.to_owned(),
            status: Some(AccountStatus::Active),
            email: Some(format!("p{id}@corp.example")),
            display_name: Some(format!("Person {id}")),
            ..DirectoryUser::default()
        };
        self.users.insert(id.to_owned(), user);
    }

    pub(crate) fn group(&mut self, id: &str, members: &[&str]) {
        let group =
            DirectoryGroup { external_id: id.to_owned(), name: Some(format!("Group {id}")), ..Default::default() };
        self.groups.insert(id.to_owned(), group);
        let member = |id: &&str| {
            let member = DirectoryMember {
                external_id: (*id).to_owned(),
                kind: MemberKind::User,
                email: Some(format!("p{id}@corp.example")),
                role: Some("member".into()),
            };
            ((*id).to_owned(), member)
        };
        self.members.insert(id.to_owned(), members.iter().map(member).collect());
    }
}

impl Directory for Plain {
    fn probe(&self) -> BoxFuture<'_, Result<Probe, Failure>> {
        let tenant = Tenant { id: "C1".into(), ..Tenant::default() };
        Box::pin(async { Ok(Probe { tenant, account: None }) })
    }

    fn following(&self) -> Option<Following> {
        None
    }

    fn fetch(&self, _: Start, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let send = async |piece| to.send(piece).await.map_err(|_| Failure::new(FailureKind::Refused, "stopped"));
            let refused = self.refused.iter().cloned();
            let refused = refused.map(|(external_id, reason)| Record::Refused { external_id, reason }).collect();
            let mut refused = Some(Fetched::Users(refused));
            if let Some(page) = refused.take_if(|_| self.refused_first) {
                send(page).await?;
            }
            let users: Vec<_> = self.users.values().cloned().map(Record::Read).collect();
            // Several pages, be it large or small.
            for page in users.chunks((users.len() / 20).max(3)) {
                send(Fetched::Users(page.to_vec())).await?;
            }
            if let Some(page) = refused {
                send(page).await?;
            }
            send(Fetched::Groups(self.groups.values().cloned().map(Record::Read).collect())).await?;
            for id in self.groups.keys() {
                let members: Vec<_> = self.members[id].values().cloned().map(Record::Read).collect();
                for page in members.chunks((members.len() / 4).max(2)) {
                    send(Fetched::Members { group: id.clone(), members: page.to_vec() }).await?;
                }
                if self.failing_groups.contains(id) {
                    let failure = Failure::new(FailureKind::Temporary, "503");
                    send(Fetched::MembersFailed { group: id.clone(), failure }).await?;
                } else {
                    send(Fetched::MembersEnd { group: id.clone() }).await?;
                }
            }
            self.fail.clone().map_or(Ok(()), Err)
        })
    }

    fn deleted(&self, to: Sender<Fetched>) -> BoxFuture<'_, Result<(), Failure>> {
        let ids = self.deleted.iter().cloned().collect();
        Box::pin(async move {
            to.send(Fetched::Deleted(ids)).await.map_err(|_| Failure::new(FailureKind::Refused, "stopped"))
        })
    }
}
