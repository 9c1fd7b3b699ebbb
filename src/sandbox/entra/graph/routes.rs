//! The HTTP side of Graph: what a path means, and the way of a request.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri, header};
use axum::routing::get;

use super::gate::Visitor;
use super::link::Stream;
use super::{delta, errors, gate, lists, members, single};
use crate::sandbox::answer::Answer;
use crate::sandbox::entra::faults;
use crate::sandbox::entra::login::Home;
use crate::sandbox::entra::server::World;
use crate::sandbox::params::Params;
use crate::sandbox::stage::{Call, Upon};

const ROOT: &str = "/v1.0/";

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Users,
    UsersDelta,
    User(String),
    Groups,
    GroupsDelta,
    Group(String),
    Members(String),
    Organization,
    Me,
    Deleted,
}

impl Place {
    fn at(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let delta =
            |part: &str| matches!(part, "delta" | "delta()" | "microsoft.graph.delta" | "microsoft.graph.delta()");
        Some(match parts[..] {
            ["users"] => Self::Users,
            ["users", part] if delta(part) => Self::UsersDelta,
            ["users", key] => Self::User(decode(key)),
            ["groups"] => Self::Groups,
            ["groups", part] if delta(part) => Self::GroupsDelta,
            ["groups", key] => Self::Group(decode(key)),
            ["groups", key, "members"] => Self::Members(decode(key)),
            ["organization"] => Self::Organization,
            ["me"] => Self::Me,
            ["directory", "deletedItems" | "deleteditems", "microsoft.graph.user"] => Self::Deleted,
            _ => return None,
        })
    }

    /// What faults call it.
    fn area(&self) -> &'static str {
        match self {
            Self::Users | Self::User(_) => "users",
            Self::UsersDelta => "users/delta",
            Self::Groups | Self::Group(_) => "groups",
            Self::GroupsDelta => "groups/delta",
            Self::Members(_) => "members",
            Self::Organization => "organization",
            Self::Me => "me",
            Self::Deleted => "deleted",
        }
    }

    /// What the log calls it.
    fn label(&self) -> &'static str {
        match self {
            Self::User(_) => "users/{id}",
            Self::Group(_) => "groups/{id}",
            Self::Members(_) => "groups/{id}/members",
            Self::Deleted => "directory/deletedItems/microsoft.graph.user",
            other => other.area(),
        }
    }

    /// The user or group in the path.
    fn key(&self) -> Option<&str> {
        match self {
            Self::User(key) | Self::Group(key) | Self::Members(key) => Some(key),
            _ => None,
        }
    }
}

/// A path segment without its percent signs. Parsing it as a form would turn a `+` into a space.
fn decode(segment: &str) -> String {
    let form = segment.replace('+', "%2B");
    url::form_urlencoded::parse(form.as_bytes()).next().map_or_else(String::new, |(key, _)| key.into_owned())
}

/// Everything Graph has.
pub(in crate::sandbox::entra) fn routes() -> Router<Arc<World>> {
    Router::new().route("/v1.0/{*path}", get(graph))
}

async fn graph(State(world): State<Arc<World>>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let gzipped = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let gzipped = gzipped.is_some_and(|value| value.contains("gzip"));
    let path = uri.path().strip_prefix(ROOT).unwrap_or_default();
    let Some(place) = Place::at(path) else {
        let _guard = world.stage.log.enter("elsewhere", format!("GET {uri}"));
        let words = format!("Resource not found for the segment '{path}'.");
        return Upon::default().send(errors::plain(400, Some("BadRequest"), Some(&words)), gzipped);
    };
    let _guard = world.stage.log.enter(&format!("{ROOT}{}", place.label()), format!("GET {uri}"));
    let call = Call {
        area: place.area(),
        is_api: true,
        keys: place.key().map(str::to_owned).into_iter().collect(),
        params: Params::parse(uri.query().unwrap_or_default().as_bytes()),
        here: format!("{}{uri}", world.stage.base_url),
        now: world.stage.clock.now(),
    };
    let upon = match world.stage.before(&call, |fault, call| faults::effect(fault, call, &world)).await {
        Ok(upon) => upon,
        Err(answer) => return Upon::default().send(answer, gzipped),
    };
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let answer = gate::admit(&world, &place, authorization).and_then(|visitor| read(&world, &call, &place, &visitor));
    let (Ok(mut answer) | Err(mut answer)) = answer;
    upon.edit(&mut answer);
    upon.send(answer.header("x-ms-resource-unit", "1").header("cache-control", "no-cache"), gzipped)
}

fn read(world: &World, call: &Call, place: &Place, visitor: &Visitor) -> Result<Answer, Answer> {
    if visitor.home() == Home::Elsewhere && !matches!(place, Place::Me | Place::Organization) {
        return elsewhere(world, place, visitor);
    }
    match place {
        Place::Users => lists::users(world, call, false),
        Place::Deleted => lists::users(world, call, true),
        Place::UsersDelta => delta::answer(world, call, Stream::Users),
        Place::User(key) => single::user(world, call, key),
        Place::Groups => lists::groups(world, call),
        Place::GroupsDelta => delta::answer(world, call, Stream::Groups),
        Place::Group(key) => single::group(world, call, key),
        Place::Members(key) => members::list(world, call, key),
        Place::Organization => single::organization(world, call, visitor),
        Place::Me => single::me(world, call, visitor),
    }
}

/// In the other tenant there is only its admin.
fn elsewhere(world: &World, place: &Place, visitor: &Visitor) -> Result<Answer, Answer> {
    let value = match (place, visitor.account()) {
        (Place::Users | Place::UsersDelta, Some(account)) => vec![single::stranger(account)],
        (Place::User(key) | Place::Group(key) | Place::Members(key), _) => return Err(errors::not_found(key)),
        _ => Vec::new(),
    };
    let mut body = serde_json::json!({"value": value});
    if matches!(place, Place::UsersDelta | Place::GroupsDelta) {
        let link = format!("{}/v1.0/{}?$deltatoken=elsewhere", world.stage.base_url, place.area());
        body["@odata.deltaLink"] = serde_json::json!(link);
    }
    Ok(Answer::json(200, &body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_paths() {
        assert_eq!(Place::at("users/delta()"), Some(Place::UsersDelta));
        assert_eq!(Place::at("users/a%23EXT%23%40b+c.example"), Some(Place::User("a#EXT#@b+c.example".into())));
        assert_eq!(Place::at("groups/01/members"), Some(Place::Members("01".into())));
        assert_eq!(Place::at("directory/deletedItems/microsoft.graph.user"), Some(Place::Deleted));
        assert_eq!(Place::at("directory/deletedItems"), None);
    }
}
