//! Several operations in one request (RFC 7644 §3.7). What one creates another may name by its `bulkId`, before or after
//! it, also in a circle: the new ids are made before anything else happens.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::http::{Method, header};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::{self, Call, Caller, Conditions};
use super::query::Asked;
use super::state::Service;
use super::target::Target;
use crate::scim::{Problem, ScimType};

/// Operations in one request at most.
pub(in crate::scim) const MOST_OPERATIONS: usize = 1000;

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// One operation as it was sent.
struct Operation {
    method: String,
    path: String,
    bulk_id: Option<String>,
    version: Option<String>,
    data: Value,
}

/// Does all of `body`, in an order in which what is named is there already, as far as there is one.
pub(super) async fn answer(service: &Arc<Service>, caller: &Caller, body: &Value) -> Result<Answer, Problem> {
    let (operations, fail_on_errors) = read(body)?;
    let mut ids = Ids::prepare(service, &operations)?;
    let mut results: Vec<Option<Value>> = operations.iter().map(|_| None).collect();
    let mut errors = 0_u64;
    for at in order(&operations) {
        if fail_on_errors.is_some_and(|most| errors >= most) {
            break;
        }
        let operation = &operations[at];
        let answer = match perform(service, caller, operation, &ids).await {
            Ok(answer) => answer,
            Err(problem) => Answer::from(problem),
        };
        let failed = answer.status().is_client_error() || answer.status().is_server_error();
        if failed {
            errors += 1;
        }
        ids.note(operation, &answer, failed);
        results[at] = Some(result(caller, operation, answer, failed));
    }
    let results: Vec<Value> = results.into_iter().flatten().collect();
    Ok(Answer::ok(json!({"schemas": [RESPONSE], "Operations": results})))
}

impl Operation {
    /// Where it goes, below the base; what it asks for beyond that has no place in a bulk answer.
    fn address(&self, caller: &Caller) -> &str {
        let path = self.path.strip_prefix(&*caller.base).unwrap_or(&self.path);
        path.split_once('?').map_or(path, |(path, _)| path)
    }
}

fn read(body: &Value) -> Result<(Vec<Operation>, Option<u64>), Problem> {
    let syntax = |detail: &str| Problem::of(ScimType::InvalidSyntax, detail);
    let body = body.as_object().ok_or_else(|| syntax("a bulk request is a JSON object"))?;
    let named = field(body, "schemas").and_then(Value::as_array);
    if named.is_some_and(|urns| !urns.iter().filter_map(Value::as_str).any(|urn| urn.eq_ignore_ascii_case(REQUEST))) {
        return Err(syntax(&format!("schemas must name {REQUEST}")));
    }
    let operations = field(body, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or_else(|| syntax("Operations is missing or not a list"))?;
    if operations.len() > MOST_OPERATIONS {
        return Err(Problem::new(413, format!("a bulk request holds at most {MOST_OPERATIONS} operations")));
    }
    let fail_on_errors = match field(body, "failOnErrors") {
        None | Some(Value::Null) => None,
        Some(most) => Some(most.as_u64().ok_or_else(|| syntax("failOnErrors is not a whole number"))?.max(1)),
    };
    let operations = operations.iter().map(|operation| {
        let operation = operation.as_object().ok_or_else(|| syntax("an operation is a JSON object"))?;
        let text = |name: &str| field(operation, name).and_then(Value::as_str).map(str::to_owned);
        Ok(Operation {
            method: text("method").ok_or_else(|| syntax("an operation has no method"))?.to_ascii_uppercase(),
            path: text("path").ok_or_else(|| syntax("an operation has no path"))?,
            bulk_id: text("bulkId").filter(|id| !id.is_empty()),
            version: text("version"),
            data: field(operation, "data").cloned().unwrap_or(Value::Null),
        })
    });
    let operations: Vec<Operation> = operations.collect::<Result<_, Problem>>()?;
    let mut names = HashSet::new();
    let made = operations.iter().filter(|operation| operation.method == "POST");
    if !made.filter_map(|operation| operation.bulk_id.as_deref()).all(|name| names.insert(name)) {
        return Err(Problem::of(ScimType::InvalidValue, "two operations have the same bulkId"));
    }
    Ok((operations, fail_on_errors))
}

fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The order in which every operation comes after those it names, and otherwise as sent. In a circle somebody is first.
fn order(operations: &[Operation]) -> Vec<usize> {
    let makers: HashMap<&str, usize> =
        operations.iter().enumerate().filter_map(|(at, it)| Some((it.bulk_id.as_deref()?, at))).collect();
    let needs: Vec<Vec<usize>> = operations
        .iter()
        .map(|operation| {
            let mut named = Vec::new();
            names(&operation.data, &mut |name| named.extend(makers.get(name)));
            named.extend(operation.path.rsplit('/').next().and_then(reference).and_then(|name| makers.get(name)));
            named
        })
        .collect();
    let (mut order, mut seen) = (Vec::with_capacity(operations.len()), vec![false; operations.len()]);
    for first in 0..operations.len() {
        // Depth first, without recursion: a chain may be as long as the request.
        let mut path = vec![(first, 0)];
        while let Some((at, next)) = path.pop() {
            if next == 0 && std::mem::replace(&mut seen[at], true) {
                continue;
            }
            match needs[at].get(next) {
                Some(&needed) => {
                    path.push((at, next + 1));
                    if !seen[needed] {
                        path.push((needed, 0));
                    }
                }
                None => order.push(at),
            }
        }
    }
    order
}

/// `bulkId:name` → `name`.
fn reference(text: &str) -> Option<&str> {
    text.strip_prefix("bulkId:")
}

/// Hands every name that `data` refers to to `each`. The data is no deeper than JSON may be here.
fn names<'a>(data: &'a Value, each: &mut dyn FnMut(&'a str)) {
    match data {
        Value::String(text) => reference(text).into_iter().for_each(each),
        Value::Array(values) => values.iter().for_each(|value| names(value, each)),
        Value::Object(fields) => fields.values().for_each(|value| names(value, each)),
        _ => {}
    }
}

/// What a bulkId stands for: the id its resource has or will have; `None`: its operation failed.
struct Ids(HashMap<String, Option<String>>);

impl Ids {
    fn prepare(service: &Service, operations: &[Operation]) -> Result<Self, Problem> {
        let made = operations.iter().filter(|operation| operation.method == "POST");
        let named = made.filter_map(|operation| operation.bulk_id.clone());
        Ok(Self(named.map(|name| Ok((name, Some(service.new_id()?)))).collect::<Result<_, Problem>>()?))
    }

    fn note(&mut self, operation: &Operation, answer: &Answer, failed: bool) {
        let Some(bulk_id) = operation.bulk_id.clone().filter(|_| operation.method == "POST") else { return };
        let id = answer.header(&header::LOCATION).and_then(|location| location.rsplit('/').next());
        self.0.insert(bulk_id, id.filter(|_| !failed).map(str::to_owned));
    }

    fn of(&self, name: &str) -> Result<&str, Problem> {
        match self.0.get(name) {
            Some(Some(id)) => Ok(id),
            Some(None) => {
                Err(Problem { status: 409, ..unresolved("what it refers to by bulkId could not be created") })
            }
            None => Err(unresolved("it refers to a bulkId that no operation has")),
        }
    }

    fn resolve(&self, data: &mut Value) -> Result<(), Problem> {
        match data {
            Value::String(text) => {
                if let Some(name) = reference(text) {
                    *text = self.of(name)?.to_owned();
                }
                Ok(())
            }
            Value::Array(values) => values.iter_mut().try_for_each(|value| self.resolve(value)),
            Value::Object(fields) => fields.values_mut().try_for_each(|value| self.resolve(value)),
            _ => Ok(()),
        }
    }
}

fn unresolved(detail: &str) -> Problem {
    Problem::of(ScimType::InvalidValue, detail)
}

async fn perform(service: &Arc<Service>, caller: &Caller, operation: &Operation, ids: &Ids) -> Result<Answer, Problem> {
    let nowhere = || Problem::new(404, "the path of the operation leads nowhere");
    let syntax = |detail: &str| Problem::of(ScimType::InvalidSyntax, detail);
    let path = operation.address(caller);
    let target = match Target::of(path).ok_or_else(nowhere)? {
        Target::One(kind, id) => match reference(&id) {
            Some(name) => Target::One(kind, ids.of(name)?.to_owned()),
            None => Target::One(kind, id),
        },
        Target::All(kind) => Target::All(kind),
        _ => return Err(nowhere()),
    };
    let method = match operation.method.as_str() {
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        _ => return Err(syntax("the method of an operation is POST, PUT, PATCH or DELETE")),
    };
    if let Err(refused) = Call::allowed(&method, &target) {
        return Ok(refused);
    }
    if method == Method::POST && operation.bulk_id.is_none() {
        return Err(syntax("an operation that creates something has a bulkId"));
    }
    let mut data = operation.data.clone();
    ids.resolve(&mut data)?;
    let new_id = match (&method, &operation.bulk_id) {
        (&Method::POST, Some(bulk_id)) => Some(ids.of(bulk_id)?.to_owned()),
        _ => None,
    };
    let conditions = Conditions { if_match: operation.version.clone(), if_none_match: None };
    let call = Call { method, target, asked: Asked::default(), conditions, body: Ok(data), new_id };
    call::answer(service, caller, call).await
}

fn result(caller: &Caller, operation: &Operation, answer: Answer, failed: bool) -> Value {
    let mut result = json!({"method": operation.method, "status": answer.status().as_str()});
    if let Some(bulk_id) = &operation.bulk_id {
        result["bulkId"] = bulk_id.as_str().into();
    }
    let location = answer.header(&header::LOCATION).map(str::to_owned);
    // What a failed creation would have been has no address.
    let addressed = || format!("{}/{}", caller.base, operation.address(caller).trim_start_matches('/'));
    let location = location.or_else(|| (operation.method != "POST").then(addressed));
    if let Some(location) = location {
        result["location"] = location.into();
    }
    if let Some(version) = answer.header(&header::ETAG) {
        result["version"] = version.into();
    }
    if let Some(body) = answer.into_body().filter(|_| failed) {
        result["response"] = body;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(bulk_id: &str, data: Value) -> Operation {
        Operation { method: "POST".into(), path: "/Users".into(), bulk_id: Some(bulk_id.into()), version: None, data }
    }

    #[test]
    fn what_is_named_comes_first_and_a_circle_comes_to_an_end() {
        let refer = |name: &str| json!({"members": [{"value": format!("bulkId:{name}")}]});
        let operations = [operation("a", refer("b")), operation("b", refer("c")), operation("c", json!({}))];
        assert_eq!(order(&operations), [2, 1, 0]);
        let circle = [operation("a", refer("b")), operation("b", refer("a")), operation("c", refer("c"))];
        let mut order = order(&circle);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2]);
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let chain: Vec<_> = (0..MOST_OPERATIONS)
            .map(|at| operation(&at.to_string(), json!({"x": format!("bulkId:{}", at + 1)})))
            .collect();
        assert_eq!(order(&chain)[0], MOST_OPERATIONS - 1);
    }

    #[test]
    fn too_many_operations_and_rubbish_are_refused_before_anything_happens() {
        let many = json!({"Operations": vec![json!({"method": "DELETE", "path": "/Users/1"}); MOST_OPERATIONS + 1]});
        assert_eq!(read(&many).err().unwrap().status, 413);
        for rubbish in [json!([]), json!({}), json!({"Operations": [1]}), json!({"Operations": [{"method": "POST"}]})] {
            assert_eq!(read(&rubbish).err().unwrap().kind, Some(ScimType::InvalidSyntax));
        }
    }
}
