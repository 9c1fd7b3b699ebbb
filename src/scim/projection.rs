//! What of a resource is sent: `attributes` and `excludedAttributes` (RFC 7644 §3.4.2.5, §3.9).
//! `id` and `schemas` always are. Where both are given, `attributes` counts and the other does not.

use serde_json::{Map, Value};

use crate::scim::resource::{Key, resolve};
use crate::scim::schema::{Attribute, ResourceType, Returned};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Projection {
    kind: &'static ResourceType,
    ask: Ask,
}

#[derive(Clone, Debug)]
enum Ask {
    Everything,
    Only(Vec<Named>),
    Without(Vec<Named>),
}

/// Something named: a key of the resource, an attribute of the extension that key is, a part of the attribute.
#[derive(Clone, Debug)]
struct Named {
    extension: Option<&'static str>,
    attribute: Option<&'static Attribute>,
    sub: Option<&'static Attribute>,
}

impl Named {
    fn key(&self) -> Option<&'static str> {
        self.extension.or_else(|| self.attribute.map(|attribute| attribute.name))
    }

    /// Whether a whole key of the resource is named.
    fn is_key(&self) -> bool {
        self.sub.is_none() && (self.extension.is_none() || self.attribute.is_none())
    }
}

impl Projection {
    /// Reads the two query parameters, each a list with commas. Names the type does not know name nothing.
    pub fn parse(attributes: Option<&str>, excluded: Option<&str>, kind: &'static ResourceType) -> Self {
        let attributes = attributes.filter(|list| !list.trim().is_empty()).map(split);
        let excluded = excluded.filter(|list| !list.trim().is_empty()).map(split);
        Self::new(attributes, excluded, kind)
    }

    fn new(attributes: Option<Vec<String>>, excluded: Option<Vec<String>>, kind: &'static ResourceType) -> Self {
        let named = |names: Vec<String>| names.iter().flat_map(|name| find(name, kind)).collect();
        let ask = match (attributes, excluded) {
            (Some(names), _) => Ask::Only(named(names)),
            (None, Some(names)) => Ask::Without(named(names)),
            (None, None) => Ask::Everything,
        };
        Self { kind, ask }
    }

    /// Whether any of this attribute (or extension, by its URN) is sent; what is not need not be loaded.
    pub fn wants(&self, name: &str) -> bool {
        let is = |named: &Named| named.key().is_some_and(|key| key.eq_ignore_ascii_case(name));
        match &self.ask {
            _ if is_always(name) => true,
            Ask::Everything => true,
            Ask::Only(list) => list.iter().any(is),
            Ask::Without(list) => !list.iter().any(|named| named.is_key() && is(named)),
        }
    }

    /// What is sent of a resource.
    pub fn apply(&self, mut resource: Map<String, Value>) -> Map<String, Value> {
        for attribute in self.kind.schema.attributes.iter().filter(|it| it.returned == Returned::Never) {
            resource.remove(attribute.name);
        }
        match &self.ask {
            Ask::Everything => {}
            Ask::Only(list) => {
                let all = std::mem::take(&mut resource);
                for (key, value) in all {
                    let named: Vec<&Named> = list.iter().filter(|named| named.key() == Some(&*key)).collect();
                    let kept = if is_always(&key) || named.iter().any(|named| named.is_key()) {
                        Some(value)
                    } else if named.is_empty() {
                        None
                    } else {
                        only(&value, &named)
                    };
                    resource.extend(kept.map(|value| (key, value)));
                }
            }
            Ask::Without(list) => list.iter().for_each(|named| without(&mut resource, named)),
        }
        resource
    }
}

fn is_always(name: &str) -> bool {
    ["id", "schemas"].iter().any(|always| always.eq_ignore_ascii_case(name))
}

/// The names between the commas, without what some clients put in brackets: `emails[type eq "work"]` asks for `emails`.
fn split(list: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut in_brackets = false;
    for char in list.chars() {
        match char {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            _ if in_brackets => {}
            ',' => names.push(String::new()),
            _ => names.last_mut().into_iter().for_each(|name| name.push(char)),
        }
    }
    names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn find(name: &str, kind: &'static ResourceType) -> Vec<Named> {
    match resolve(kind, None, name) {
        Key::Core => {
            let whole = |attribute| Named { extension: None, attribute: Some(attribute), sub: None };
            kind.schema.attributes.iter().map(whole).collect()
        }
        Key::Extension(schema) => vec![Named { extension: Some(schema.id), attribute: None, sub: None }],
        Key::Attribute(found) => vec![Named {
            extension: found.extension.map(|schema| schema.id),
            attribute: Some(found.attribute),
            sub: found.sub,
        }],
        Key::Unknown => Vec::new(),
    }
}

/// Of a value of the resource what these name, none of which names all of it.
fn only(value: &Value, named: &[&Named]) -> Option<Value> {
    let Some(extension) = value.as_object().filter(|_| named.iter().any(|named| named.extension.is_some())) else {
        let subs: Vec<&str> = named.iter().filter_map(|named| named.sub).map(|sub| sub.name).collect();
        return pick(value, &subs);
    };
    let mut kept = Map::new();
    for (key, value) in extension {
        let these = || named.iter().filter(|named| named.attribute.is_some_and(|attribute| attribute.name == key));
        let picked = if these().any(|named| named.sub.is_none()) {
            Some(value.clone())
        } else {
            let subs: Vec<&str> = these().filter_map(|named| named.sub).map(|sub| sub.name).collect();
            pick(value, &subs)
        };
        kept.extend(picked.map(|value| (key.clone(), value)));
    }
    (!kept.is_empty()).then_some(Value::Object(kept))
}

/// These parts of a complex value, or of each of a list of them; `None` if there are none.
fn pick(value: &Value, subs: &[&str]) -> Option<Value> {
    match value {
        Value::Array(list) => {
            let picked: Vec<Value> = list.iter().filter_map(|value| pick(value, subs)).collect();
            (!picked.is_empty()).then_some(Value::Array(picked))
        }
        Value::Object(object) => {
            let part = |sub: &&str| Some(((*sub).to_owned(), object.get(*sub)?.clone()));
            let picked: Map<String, Value> = subs.iter().filter_map(part).collect();
            (!picked.is_empty()).then_some(Value::Object(picked))
        }
        _ => None,
    }
}

fn without(resource: &mut Map<String, Value>, named: &Named) {
    let Some(key) = named.key().filter(|key| !is_always(key)) else { return };
    match (named.extension, named.attribute, named.sub) {
        (Some(urn), Some(attribute), sub) => {
            let Some(Value::Object(object)) = resource.get_mut(urn) else { return };
            drop_from(object, attribute.name, sub);
            if object.is_empty() {
                resource.remove(urn);
            }
        }
        (_, _, sub) => drop_from(resource, key, sub),
    }
}

fn drop_from(object: &mut Map<String, Value>, name: &str, sub: Option<&'static Attribute>) {
    let (Some(sub), Some(value)) = (sub, object.get_mut(name)) else {
        object.remove(name);
        return;
    };
    let nothing_left = |value: &mut Value| match value {
        Value::Object(object) => {
            object.remove(sub.name);
            object.is_empty()
        }
        _ => false,
    };
    let is_empty = match value {
        Value::Array(list) => {
            list.retain_mut(|value| !nothing_left(value));
            list.is_empty()
        }
        other => nothing_left(other),
    };
    if is_empty {
        object.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scim::schema::{GROUP, USER};

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn user() -> Value {
        json!({
            "schemas": ["s"], "id": "1", "userName": "ada", "password": "never", "meta": {"version": "1", "location": "l"},
            "name": {"givenName": "Ada", "familyName": "L"}, "emails": [{"value": "a", "type": "work"}, {"value": "b"}],
            ENTERPRISE: {"department": "R&D", "manager": {"value": "m", "$ref": "r"}}
        })
    }

    fn sent(attributes: Option<&str>, excluded: Option<&str>) -> Value {
        let all = user().as_object().unwrap().clone();
        let mut sent = Projection::parse(attributes, excluded, &USER).apply(all);
        assert_eq!((sent.remove("id"), sent.remove("schemas")), (Some(json!("1")), Some(json!(["s"]))));
        assert_eq!(sent.get("password"), None);
        Value::Object(sent)
    }

    #[test]
    fn only_what_is_asked_for_is_sent() {
        let emails = json!({"emails": [{"value": "a", "type": "work"}, {"value": "b"}]});
        let table = [
            ("userName", json!({"userName": "ada"})),
            ("USERNAME, id,,", json!({"userName": "ada"})),
            ("name.givenName,emails.type", json!({"name": {"givenName": "Ada"}, "emails": [{"type": "work"}]})),
            ("emails,emails.type", emails.clone()),
            ("emails[type eq \"a,b\"]", emails),
            ("emails[type eq \"work\"].value", json!({"emails": [{"value": "a"}, {"value": "b"}]})),
            (ENTERPRISE, json!({ENTERPRISE: {"department": "R&D", "manager": {"value": "m", "$ref": "r"}}})),
            (&format!("{ENTERPRISE}:manager.value"), json!({ENTERPRISE: {"manager": {"value": "m"}}})),
            ("department", json!({ENTERPRISE: {"department": "R&D"}})),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName", json!({"userName": "ada"})),
            ("meta.version", json!({"meta": {"version": "1"}})),
            ("password", json!({})),
            ("shoeSize", json!({})),
            ("name.shoeSize", json!({})),
        ];
        for (asked, expected) in table {
            assert_eq!(sent(Some(asked), None), expected, "{asked}");
        }
        assert_eq!(sent(Some("userName"), Some("userName")), json!({"userName": "ada"}));
        let core = sent(Some("urn:ietf:params:scim:schemas:core:2.0:User"), None);
        assert!(core.get("name").is_some() && core.get(ENTERPRISE).is_none() && core.get("meta").is_none());
    }

    #[test]
    fn what_is_excluded_is_not_sent_unless_it_always_is() {
        let all = sent(None, None);
        assert_eq!(sent(Some(" "), Some("")), all);
        assert_eq!(sent(None, Some("id,schemas,shoeSize")), all);
        let without =
            format!("meta,userName,emails.type,name.givenName,name.familyName,{ENTERPRISE}:manager.$ref,department");
        let expected = json!({"emails": [{"value": "a"}, {"value": "b"}], ENTERPRISE: {"manager": {"value": "m"}}});
        assert_eq!(sent(None, Some(&without)), expected);
        assert_eq!(
            sent(None, Some(&format!("{ENTERPRISE},emails.value,meta,name,userName"))),
            json!({"emails": [{"type": "work"}]})
        );
    }

    #[test]
    fn who_does_not_want_the_members_need_not_load_them() {
        let wants = |attributes, excluded| Projection::parse(attributes, excluded, &GROUP).wants("members");
        assert!(wants(None, None) && wants(Some("Members.value"), None) && wants(None, Some("members.display")));
        assert!(!wants(None, Some("members")) && !wants(Some("displayName"), None));
        assert!(Projection::parse(Some("x"), None, &USER).wants("id"));
        assert!(!Projection::parse(Some("title"), None, &USER).wants("groups"));
        let without = Projection::parse(None, Some("members"), &GROUP);
        assert!(!without.wants("members") && without.wants("displayName"));
    }

    proptest! {
        #[test]
        fn id_and_schemas_are_always_sent(attributes in prop::option::of("[a-zA-Z:.,\\[\\]]{0,20}"), excluded in prop::option::of("[a-z.,]{0,9}|id|schemas")) {
            sent(attributes.as_deref(), excluded.as_deref());
        }
    }
}
