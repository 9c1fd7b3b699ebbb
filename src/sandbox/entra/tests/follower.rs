//! A naive follower of both delta streams, that does what Microsoft's documentation tells a client to do and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::visitor::Visitor;

pub(super) const USERS: &str = "users/delta?$select=id,userPrincipalName,mail,otherMails,proxyAddresses,displayName,\
    givenName,surname,jobTitle,department,companyName,officeLocation,employeeId,employeeType,mobilePhone,businessPhones,\
    preferredLanguage,usageLocation,accountEnabled,userType,externalUserState,onPremisesSyncEnabled,\
    onPremisesSamAccountName,onPremisesImmutableId,createdDateTime,manager";
pub(super) const GROUPS: &str = "groups/delta?$select=id,displayName,description,mail,mailEnabled,mailNickname,\
    securityEnabled,groupTypes,visibility,membershipRule,onPremisesSyncEnabled,createdDateTime,members";

/// A client's copy of the directory.
#[derive(Clone, Debug, Default)]
pub(super) struct Follower {
    pub(super) users: BTreeMap<String, Map<String, Value>>,
    pub(super) groups: BTreeMap<String, Map<String, Value>>,
    members: BTreeMap<String, BTreeSet<(String, String)>>,
    /// Soft-deleted people: their memberships are hidden, not dropped.
    hidden: BTreeSet<String>,
    pub(super) users_link: Option<String>,
    pub(super) groups_link: Option<String>,
    /// How many pages had nothing on them, and how often a group came again in one round.
    pub(super) empty_pages: usize,
    pub(super) repeated: usize,
}

impl Follower {
    /// Follows both streams to their ends: from the start, or from where it stopped the last time.
    pub(super) async fn round(&mut self, visitor: &Visitor<'_>, token: &str) {
        self.users_round(visitor, token).await;
        self.groups_round(visitor, token).await;
    }

    pub(super) async fn users_round(&mut self, visitor: &Visitor<'_>, token: &str) {
        let link = self.users_link.clone();
        if link.is_none() {
            self.users.clear();
        }
        let (pages, delta) = visitor.pages(token, link.as_deref().unwrap_or(USERS)).await;
        self.users_link = Some(delta.unwrap());
        self.empty_pages += pages.iter().filter(|page| page.is_empty()).count();
        pages.iter().flatten().for_each(|user| self.user(user));
    }

    pub(super) async fn groups_round(&mut self, visitor: &Visitor<'_>, token: &str) {
        let link = self.groups_link.clone();
        if link.is_none() {
            self.groups.clear();
            self.members.clear();
        }
        let (pages, delta) = visitor.pages(token, link.as_deref().unwrap_or(GROUPS)).await;
        self.groups_link = Some(delta.unwrap());
        let mut seen = BTreeSet::new();
        for group in pages.iter().flatten() {
            self.repeated += usize::from(!seen.insert(group["id"].to_string()));
            self.group(group);
        }
    }

    pub(super) fn user(&mut self, user: &Value) {
        let id = user["id"].as_str().unwrap().to_owned();
        match user["@removed"]["reason"].as_str() {
            Some("changed") => {
                self.users.remove(&id);
                self.hidden.insert(id);
            }
            Some("deleted") => {
                self.users.remove(&id);
                self.hidden.remove(&id);
                self.members.values_mut().for_each(|members| members.retain(|(_, member)| *member != id));
            }
            Some(other) => panic!("removed because {other}"),
            None => {
                self.hidden.remove(&id);
                merge(self.users.entry(id).or_default(), user);
            }
        }
    }

    pub(super) fn group(&mut self, group: &Value) {
        let id = group["id"].as_str().unwrap().to_owned();
        if group.get("@removed").is_some() {
            self.groups.remove(&id);
            self.members.remove(&id);
            return;
        }
        let members = self.members.entry(id.clone()).or_default();
        for member in group["members@delta"].as_array().into_iter().flatten() {
            let text = |key: &str| member[key].as_str().unwrap().to_owned();
            let key = (text("@odata.type"), text("id"));
            if member.get("@removed").is_some() {
                members.remove(&key);
            } else {
                members.insert(key);
            }
        }
        merge(self.groups.entry(id).or_default(), group);
    }

    /// The copy in the truth's shape.
    pub(super) fn picture(&self) -> Value {
        let visible = |members: &BTreeSet<(String, String)>| -> Vec<(String, String)> {
            members.iter().filter(|(_, id)| !self.hidden.contains(id)).cloned().collect()
        };
        let members: BTreeMap<_, _> = self
            .members
            .iter()
            .filter(|(id, _)| self.groups.contains_key(*id))
            .map(|(id, m)| (id, visible(m)))
            .collect();
        json!({"users": self.users, "groups": self.groups, "members": members})
    }
}

/// What a follower should know: without nulls, and without what it did not select.
pub(super) fn expected(truth: &Value) -> Value {
    let plain = |list: &Value, select: &str| -> BTreeMap<String, Map<String, Value>> {
        let selected: Vec<&str> = select.split_once('=').unwrap().1.split(',').map(str::trim).collect();
        let plain = |item: &Value| {
            let mut item = item.as_object().unwrap().clone();
            item.retain(|key, value| !value.is_null() && (selected.contains(&&**key) || is_new(key)));
            if let Some(manager) = item.get_mut("manager") {
                *manager = manager["id"].clone();
            }
            (item["id"].as_str().unwrap().to_owned(), item)
        };
        list.as_array().unwrap().iter().map(plain).collect()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let members: BTreeMap<_, BTreeSet<_>> = truth["members"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, list)| {
            let list = list.as_array().unwrap().iter();
            (id, list.map(|member| (text(&member["@odata.type"]), text(&member["id"]))).collect())
        })
        .collect();
    json!({"users": plain(&truth["users"], USERS), "groups": plain(&truth["groups"], GROUPS), "members": members})
}

/// Properties of the future come unasked.
fn is_new(key: &str) -> bool {
    ["futureProperty", "theNewThing", "agentIdentityBlueprint@odata.type"].contains(&key)
}

/// Absent: keep; null: clear; last one wins.
fn merge(known: &mut Map<String, Value>, told: &Value) {
    for (key, value) in told.as_object().unwrap() {
        match key.as_str() {
            "members@delta" => {}
            "manager@delta" => {
                for manager in value.as_array().unwrap() {
                    if manager.get("@removed").is_none() {
                        known.insert("manager".to_owned(), manager["id"].clone());
                    } else if known.get("manager") == Some(&manager["id"]) {
                        known.remove("manager");
                    }
                }
            }
            _ if value.is_null() => drop(known.remove(key)),
            _ => drop(known.insert(key.clone(), value.clone())),
        }
    }
}

/// Says what differs, rather than everything.
pub(super) fn assert_same(follower: &Follower, truth: &Value, when: &str) {
    let (known, expected) = (follower.picture(), expected(truth));
    for part in ["users", "groups", "members"] {
        let (known, expected) = (known[part].as_object().unwrap(), expected[part].as_object().unwrap());
        for id in known.keys().chain(expected.keys()) {
            assert_eq!(known.get(id), expected.get(id), "{when}: {part} {id}");
        }
    }
}
