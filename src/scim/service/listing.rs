//! Listings (RFC 7644 §3.4.2, RFC 9865): by the store alone where it can answer the filter and the order exactly, else
//! by looking at every candidate it offers.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Caller;
use super::cursor::Position;
use super::query::Asked;
use super::state::Service;
use super::target::Type;
use super::view::{self, Row};
use crate::clock::Clock;
use crate::scim::filter::{self, Filter, Grammar};
use crate::scim::projection::Projection;
use crate::scim::schema::{AttributePath, Found};
use crate::scim::{Problem, ScimType};
use crate::store::scim::{Order, Resource, SortKey, Window};
use crate::store::{ResourceCondition, Store};

/// How long one search may look at resources one by one.
const LONGEST_SEARCH: Duration = Duration::from_secs(10);

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A listing, understood.
struct Listing {
    /// The one type, or all of them.
    kinds: Vec<Type>,
    filter: Option<Filter>,
    sort: Option<AttributePath>,
    descending: bool,
    projections: Vec<Projection>,
    asked: Asked,
    /// Where it goes on, if it is by cursor and not at its beginning.
    after: Option<Position>,
}

/// What is on a page.
struct Page {
    total: u64,
    resources: Vec<Value>,
    /// Where the next page begins, if there is one.
    next: Option<Position>,
}

/// Lists the resources of a type, or of all types.
pub(super) async fn answer(
    service: &Arc<Service>,
    caller: &Caller,
    kind: Option<Type>,
    asked: Asked,
) -> Result<Answer, Problem> {
    let (by_cursor, start) = (asked.cursor.is_some(), asked.start());
    let now = service.clock.now();
    let bound = binding(caller, kind, &asked);
    let after = match asked.cursor.as_deref() {
        Some(cursor) if !cursor.is_empty() => Some(service.cursors.open(cursor, &bound, now)?),
        _ => None,
    };
    let listing = understand(caller, kind, asked, after)?;
    let (reader, clock) = (caller.clone(), service.clock.clone());
    let page = service.readers.read(move |store| read(store, &reader, &listing, &clock)).await?;
    let mut body = json!({
        "schemas": [LIST],
        "totalResults": page.total,
        "itemsPerPage": page.resources.len(),
        "Resources": page.resources,
    });
    if !by_cursor {
        body["startIndex"] = start.into();
    } else if let Some(next) = page.next {
        body["nextCursor"] = service.cursors.seal(&next, &bound, now).into();
    }
    Ok(Answer::ok(body))
}

/// All that decides what is listed and in which order, and whose it is; a cursor is good for nothing else.
fn binding(caller: &Caller, kind: Option<Type>, asked: &Asked) -> String {
    let kind = kind.map_or("", |kind| kind.schema().name);
    format!("{}\n{kind}\n{:?}\n{:?}\n{}", caller.served.id, asked.filter, asked.sort_by, asked.descending)
}

fn understand(caller: &Caller, kind: Option<Type>, asked: Asked, after: Option<Position>) -> Result<Listing, Problem> {
    let kinds = kind.map_or_else(|| Type::ALL.to_vec(), |kind| vec![kind]);
    let grammar = if caller.served.leniency.strict { Grammar::Strict } else { Grammar::Lenient };
    let filter = asked.filter.as_deref().map(|text| filter::parse(text, grammar)).transpose()?;
    if let (Some(filter), Some(kind)) = (&filter, kind) {
        filter::check(filter, kind.schema())?;
    }
    let unsortable = || Problem::of(ScimType::InvalidPath, "sortBy names no attribute that can be sorted by");
    let sort = asked.sort_by.as_deref().map(|text| AttributePath::parse(text).ok_or_else(unsortable)).transpose()?;
    if let Some(path) = &sort {
        // Of a search in all types an attribute that one of them lacks has no value there.
        let found: Vec<Found> = kinds.iter().filter_map(|kind| kind.schema().find(path)).collect();
        if found.is_empty() || found.iter().any(|found| sort_key_of(found).is_none()) {
            return Err(unsortable());
        }
    }
    let projections = kinds.iter().map(|kind| asked.projection(*kind)).collect();
    Ok(Listing { kinds, filter, sort, descending: asked.descending, projections, asked, after })
}

/// The part of an attribute that is sorted by: a complex one has its `value`, or nothing.
fn sort_key_of(found: &Found) -> Option<&'static str> {
    use crate::scim::schema::Kind;
    match found.leaf() {
        leaf if leaf.kind != Kind::Complex => Some(leaf.name),
        leaf => leaf.value().map(|value| value.name),
    }
}

fn read(store: &Store, caller: &Caller, listing: &Listing, clock: &Clock) -> Result<Page, Problem> {
    if let ([kind], [projection]) = (listing.kinds.as_slice(), listing.projections.as_slice())
        && let Some((condition, order)) = by_the_store(*kind, listing)
    {
        return indexed(store, caller, listing, *kind, projection, &condition, order);
    }
    searched(store, caller, listing, clock)
}

/// What the store can answer by itself, exactly.
fn by_the_store(kind: Type, listing: &Listing) -> Option<(ResourceCondition, Order)> {
    let condition = match &listing.filter {
        None => ResourceCondition::All(Vec::new()),
        Some(filter) => {
            let narrowed = filter::condition(filter, kind.schema());
            narrowed.exact.then_some(narrowed.condition)?
        }
    };
    let by = match &listing.sort {
        None => SortKey::Position,
        Some(path) => {
            let found = kind.schema().find(path).filter(|found| found.extension.is_none())?;
            match (found.attribute.name, found.sub.map(|sub| sub.name)) {
                ("userName", None) => SortKey::Name,
                ("displayName", None) => SortKey::DisplayName,
                ("externalId", None) => SortKey::ExternalId,
                ("id", None) => SortKey::Id,
                ("meta", Some("created")) => SortKey::Created,
                ("meta", Some("lastModified")) => SortKey::Modified,
                _ => return None,
            }
        }
    };
    Some((condition, Order { by, descending: listing.descending }))
}

fn indexed(
    store: &Store,
    caller: &Caller,
    listing: &Listing,
    kind: Type,
    projection: &Projection,
    condition: &ResourceCondition,
    order: Order,
) -> Result<Page, Problem> {
    let integration = caller.served.id;
    let count = listing.asked.count();
    let total = store.scim_count(kind.stored(), integration, condition)?;
    // One more than wanted tells whether there is a next page.
    let window = match (&listing.asked.cursor, &listing.after) {
        (Some(_), Some(after)) => Window::After { value: after.value.clone(), position: after.row, count: count + 1 },
        (Some(_), None) => Window::Offset { start: 0, count: count + 1 },
        (None, _) => Window::Offset { start: listing.asked.start() - 1, count },
    };
    let mut rows = match count {
        0 => Vec::new(),
        _ => store.scim_page(kind.stored(), integration, condition, order, &window)?,
    };
    let more = u64::try_from(rows.len()).unwrap_or(u64::MAX) > count;
    if more {
        rows.pop();
    }
    let last = rows.last().map(|last| Position { value: last.sort_value(order.by), row: last.position() });
    let resources = view::page(store, caller, kind, rows, projection)?;
    Ok(Page { total, resources, next: last.filter(|_| more) })
}

/// A match, as far as it is needed to sort and page: its key, its place, and which of the types it is of.
struct Match {
    key: Option<String>,
    row: i64,
    id: String,
    type_at: usize,
}

/// Rows of the second type come after all of the first.
const NEXT_TYPE: i64 = 1 << 56;

fn searched(store: &Store, caller: &Caller, listing: &Listing, clock: &Clock) -> Result<Page, Problem> {
    let mut matches = Vec::new();
    let started = clock.instant();
    let in_time = || clock.instant().duration_since(started) < LONGEST_SEARCH;
    for (type_at, kind) in listing.kinds.iter().enumerate() {
        gather(store, caller, listing, *kind, type_at, &in_time, &mut matches)?;
    }
    matches.sort_by(|a, b| compare((&a.key, a.row), (&b.key, b.row), listing));
    let total = matches.len() as u64;
    let count = usize::try_from(listing.asked.count()).unwrap_or(usize::MAX);
    let from = match (&listing.asked.cursor, &listing.after) {
        (Some(_), Some(after)) => matches
            .partition_point(|it| compare((&it.key, it.row), (&after.value, after.row), listing) != Ordering::Greater),
        (Some(_), None) => 0,
        (None, _) => usize::try_from(listing.asked.start() - 1).unwrap_or(usize::MAX).min(matches.len()),
    };
    let rest = matches.get(from..).unwrap_or_default();
    let wanted = rest.get(..count.min(rest.len())).unwrap_or_default();
    let more = rest.len() > wanted.len();
    let next = wanted.last().map(|last| Position { value: last.key.clone(), row: last.row }).filter(|_| more);
    let mut resources = Vec::with_capacity(wanted.len());
    // Runs of one type are read together; their order stays.
    for run in wanted.chunk_by(|a, b| a.type_at == b.type_at) {
        let Some(type_at) = run.first().map(|first| first.type_at) else { continue };
        let (Some(kind), Some(projection)) = (listing.kinds.get(type_at), listing.projections.get(type_at)) else {
            continue;
        };
        let mut rows = Vec::with_capacity(run.len());
        for one in run {
            rows.extend(read_one(store, caller, *kind, &one.id)?);
        }
        resources.extend(view::page(store, caller, *kind, rows, projection)?);
    }
    Ok(Page { total, resources, next })
}

fn read_one(store: &Store, caller: &Caller, kind: Type, id: &str) -> Result<Option<Resource>, Problem> {
    let integration = caller.served.id;
    Ok(match kind {
        Type::User => store.scim_user(integration, id)?.map(Resource::User),
        Type::Group => store.scim_group(integration, id)?.map(Resource::Group),
    })
}

fn gather(
    store: &Store,
    caller: &Caller,
    listing: &Listing,
    kind: Type,
    type_at: usize,
    in_time: &dyn Fn() -> bool,
    matches: &mut Vec<Match>,
) -> Result<(), Problem> {
    let condition = match &listing.filter {
        Some(filter) => filter::condition(filter, kind.schema()).condition,
        None => ResourceCondition::All(Vec::new()),
    };
    // Only what the filter and the order look at is read.
    let needed = |name: &str| {
        let sorted = listing.sort.as_ref().is_some_and(|sort| sort.name.eq_ignore_ascii_case(name));
        sorted || listing.filter.as_ref().is_some_and(|filter| mentions(filter, name))
    };
    let relations = needed("members") || needed("groups");
    let sort = listing.sort.as_ref().and_then(|path| kind.schema().find(path));
    store.each_scim_resource(kind.stored(), caller.served.id, &condition, Order::default(), |row| {
        if !in_time() {
            return Err(Problem::of(ScimType::TooMany, "the filter looks at too many resources; ask for less"));
        }
        let row = Row::from(row);
        let (place, id) = (row.row + NEXT_TYPE * type_at as i64, row.scim_id.clone());
        let resource = Value::Object(view::whole(store, caller, kind, row, relations)?);
        let matching = listing.filter.as_ref().is_none_or(|filter| filter::matches(filter, kind.schema(), &resource));
        if matching {
            let key = sort.as_ref().and_then(|found| key(found, &resource));
            matches.push(Match { key, row: place, id, type_at });
        }
        Ok::<(), Problem>(())
    })
}

/// Whether the filter looks at the attribute.
fn mentions(filter: &Filter, name: &str) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| mentions(part, name)),
        Filter::Not(part) => mentions(part, name),
        Filter::Compare(path, ..) | Filter::Present(path) | Filter::Value(path, _) => {
            path.name.eq_ignore_ascii_case(name)
        }
    }
}

/// Missing values come last, and first in the descending order; equal ones in the order of creation.
fn compare(a: (&Option<String>, i64), b: (&Option<String>, i64), listing: &Listing) -> Ordering {
    let keys = match (a.0, b.0) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.cmp(b),
    };
    let both = keys.then(a.1.cmp(&b.1));
    if listing.descending { both.reverse() } else { both }
}

/// What a resource is sorted by: of several values the primary one, else the first (RFC 7644 §3.4.2.3).
fn key(found: &Found, resource: &Value) -> Option<String> {
    let holder = match found.extension {
        Some(extension) => resource.get(extension.id)?,
        None => resource,
    };
    let value = holder.get(found.attribute.name)?;
    let value = match value {
        Value::Array(values) => {
            let primary = values.iter().find(|value| value.get("primary") == Some(&Value::Bool(true)));
            primary.or_else(|| values.first())?
        }
        value => value,
    };
    let value = match (value, found.sub) {
        (Value::Object(parts), Some(sub)) => parts.get(sub.name)?,
        (Value::Object(parts), None) => parts.get("value")?,
        (value, _) => value,
    };
    match value {
        Value::String(text) if found.leaf().case_exact => Some(text.clone()),
        Value::String(text) => Some(filter::fold(text)),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// Applies a projection to what is sent.
pub(super) fn projected(resource: Map<String, Value>, projection: &Projection) -> Value {
    Value::Object(projection.apply(resource))
}
