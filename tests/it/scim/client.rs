//! A client as some directory's is, with its own headers and habits; and what the product itself says of what it did.

use serde_json::{Value, json};

use super::server::{Reply, Server};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A directory's client.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    server: &'a Server,
    agent: &'static str,
    content_type: &'static str,
    accept: Option<&'static str>,
    query: &'static str,
}

impl Server {
    /// A client that calls itself this.
    pub(crate) fn client(&self, agent: &'static str) -> Client<'_> {
        Client { server: self, agent, content_type: "application/scim+json", accept: None, query: "" }
    }
}

impl<'a> Client<'a> {
    pub(crate) fn sending(self, content_type: &'static str) -> Self {
        Self { content_type, ..self }
    }

    pub(crate) fn accepting(self, accept: &'static str) -> Self {
        Self { accept: Some(accept), ..self }
    }

    /// Something that it adds to every address.
    pub(crate) fn asking(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    /// Sends a request; whatever comes back is SCIM's, in form.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let joint = if self.query.is_empty() { "" } else { ["?", "&"][usize::from(path.contains('?'))] };
        let mut request = self.server.request(method, &format!("{path}{joint}{}", self.query));
        request = request.header("user-agent", self.agent);
        if let Some(accept) = self.accept {
            request = request.header("accept", accept);
        }
        if let Some(body) = body {
            request = request.header("content-type", self.content_type).body(body.to_string());
        }
        let reply = self.server.send(request);
        if reply.status == 204 {
            assert_eq!(reply.text, "");
        } else {
            let plain = self.accept == Some("application/json");
            let expected = if plain { "application/json" } else { "application/scim+json" };
            assert_eq!(reply.header("content-type"), expected, "{method} {path}: {}", reply.text);
            assert!(reply.json()["schemas"][0].is_string(), "{method} {path}: {}", reply.text);
        }
        reply
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(body))
    }

    #[track_caller]
    pub(crate) fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, Some(body))
    }

    #[track_caller]
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send("PATCH", path, Some(body))
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None)
    }

    /// What is at `path`; it must be there.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> Value {
        self.get(path).is(200).json()
    }

    /// Creates a resource, which is where the answer says, as the answer says.
    #[track_caller]
    pub(crate) fn creates(&self, endpoint: &str, body: &Value) -> Value {
        let reply = self.post(endpoint, body).is(201);
        let made = reply.json();
        let at = format!("{}/{}", endpoint.trim_end_matches('/'), made["id"].as_str().unwrap());
        let meta = &made["meta"];
        assert_eq!(reply.header("location"), meta["location"], "{made}");
        assert!(meta["location"].as_str().unwrap().ends_with(&at), "{made}");
        assert_eq!(reply.header("etag"), meta["version"], "{made}");
        assert_eq!(meta["created"], meta["lastModified"], "{made}");
        assert_eq!(meta["resourceType"], endpoint.trim_matches('/').trim_end_matches('s'), "{made}");
        assert_eq!(self.read(&at), made);
        made
    }

    /// A listing, which is one in form.
    #[track_caller]
    pub(crate) fn list(&self, path: &str) -> Value {
        let list = self.read(path);
        assert_eq!(list["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]), "{list}");
        let number = |key: &str| list[key].as_u64().unwrap_or_else(|| panic!("{key} is no whole number: {list}"));
        assert_eq!(number("itemsPerPage"), list["Resources"].as_array().unwrap().len() as u64, "{list}");
        assert!(number("startIndex") >= 1 && number("totalResults") >= number("itemsPerPage"), "{list}");
        list
    }

    /// A listing by a filter, written as people write it, sent as programs send it.
    #[track_caller]
    pub(crate) fn found(&self, endpoint: &str, filter: &str) -> Value {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        self.list(&format!("{endpoint}{joint}filter={}", filter.replace('+', "%20")))
    }

    /// The ids of what a filter finds, in order.
    #[track_caller]
    pub(crate) fn ids(&self, endpoint: &str, filter: &str) -> Vec<String> {
        let list = self.found(endpoint, filter);
        let ids: Vec<String> = resources(&list).iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(list["totalResults"], ids.len(), "{list}");
        ids
    }

    /// The members of a group as it is served, sorted; the product says the same.
    #[track_caller]
    pub(crate) fn members(&self, group: &str) -> Vec<String> {
        let mut members = values(&self.read(&format!("/Groups/{group}"))["members"]);
        members.sort_unstable();
        let product = self.server.world.json(&["groups", "members", group]);
        let mut there: Vec<String> =
            resources_of(&product).iter().map(|it| it["external_id"].as_str().unwrap().to_owned()).collect();
        there.sort_unstable();
        assert_eq!(members, there, "what is served, and what 'groups members' says");
        let row = self.server.group(group);
        assert_eq!(row["members"], members.len(), "{row}");
        members
    }
}

impl Server {
    /// The people as the product knows them, whatever has become of them: name and status, sorted.
    pub(crate) fn people(&self) -> Vec<String> {
        let users = self.world.json(&["users", "--status", "all"]);
        let word = |user: &Value, key: &str| user[key].as_str().unwrap_or("-").to_owned();
        let mut people: Vec<String> = resources_of(&users)
            .iter()
            .map(|user| format!("{} {}", word(user, "user_name"), word(user, "status")))
            .collect();
        people.sort_unstable();
        people
    }

    /// The one person of this SCIM id.
    #[track_caller]
    pub(crate) fn person(&self, scim_id: &str) -> Value {
        let users = self.world.json(&["users", "--status", "all"]);
        one(&users, "external_id", scim_id)
    }

    /// The one group of this SCIM id.
    #[track_caller]
    pub(crate) fn group(&self, scim_id: &str) -> Value {
        one(&self.world.json(&["groups"]), "external_id", scim_id)
    }

    /// The names of the groups the product knows, sorted.
    pub(crate) fn groups(&self) -> Vec<String> {
        let groups = self.world.json(&["groups"]);
        let mut names: Vec<String> =
            resources_of(&groups).iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect();
        names.sort_unstable();
        names
    }

    /// What became of a person (by the product's own id), earliest first: `changed status active suspended`.
    pub(crate) fn history(&self, person: &Value) -> Vec<String> {
        let changes = self.world.json(&["changes", "--subject", "user"]);
        let word = |change: &Value, key: &str| change[key].as_str().unwrap_or("-").to_owned();
        let mut told: Vec<String> = resources_of(&changes)
            .iter()
            .filter(|change| change["id"] == person["id"])
            .map(|change| ["kind", "field", "before", "after"].map(|key| word(change, key)).join(" "))
            .collect();
        told.reverse();
        told
    }

    /// How many people and groups `list` says there are.
    pub(crate) fn counted(&self) -> (Value, Value) {
        let list = self.world.json(&["list"]);
        let row = one(&list, "name", "okta");
        (row["users"].clone(), row["groups"].clone())
    }
}

#[track_caller]
fn one(rows: &Value, key: &str, value: &str) -> Value {
    let mut found = resources_of(rows).iter().filter(|row| row[key] == value);
    let first = found.next().unwrap_or_else(|| panic!("no {key} {value} in {rows}"));
    assert!(found.next().is_none(), "{key} {value} twice in {rows}");
    first.clone()
}

fn resources_of(rows: &Value) -> &[Value] {
    rows.as_array().unwrap()
}

/// What a listing lists.
#[track_caller]
pub(crate) fn resources(list: &Value) -> &[Value] {
    list["Resources"].as_array().unwrap_or_else(|| panic!("no list: {list}"))
}

/// The `value` of each of a multi-valued attribute's values.
pub(crate) fn values(of: &Value) -> Vec<String> {
    let list = of.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|it| it["value"].as_str().unwrap().to_owned()).collect()
}

/// A PATCH of these operations, as the standard has it.
pub(crate) fn patch(operations: &Value) -> Value {
    json!({"schemas": [PATCH], "Operations": operations})
}

/// Where the resource a client was given is.
#[track_caller]
pub(crate) fn at(resource: &Value) -> String {
    let kind = resource["meta"]["resourceType"].as_str().unwrap();
    format!("/{kind}s/{}", resource["id"].as_str().unwrap())
}

/// Its id.
#[track_caller]
pub(crate) fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap().to_owned()
}
