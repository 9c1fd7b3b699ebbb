//! One of many clients: it may come with any token, to any integration, and many of them may write at the same time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::server::{Pushed, Reply, Server};

/// A client of one integration.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    runtime: Arc<tokio::runtime::Runtime>,
    base: String,
    authorization: Option<String>,
}

impl Client {
    /// One with the integration's own token.
    pub(crate) fn new(server: &Server, pushed: &Pushed) -> Self {
        #[expect(clippy::disallowed_methods, reason = "it plays other people's clients")]
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self {
            http,
            runtime: Arc::new(runtime),
            base: format!("{}{}", server.origin, pushed.path),
            authorization: Some(format!("Bearer {}", pushed.token)),
        }
    }

    /// The same client with another `Authorization` header, or none.
    pub(crate) fn saying(&self, authorization: Option<&str>) -> Self {
        Self { authorization: authorization.map(str::to_owned), ..self.clone() }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    /// Sends something; that the server is gone is an error, not a failure.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Reply, reqwest::Error> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        receive(request).await
    }

    /// Sends something to a server that is there.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.wait(self.send(method, path, body)).unwrap()
    }

    /// Lets something go on beside the test.
    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.runtime.spawn(work)
    }

    /// Waits for something.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

async fn receive(request: reqwest::RequestBuilder) -> Result<Reply, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Reply { status, headers, text: response.text().await? })
}

/// The least there is to say of a user.
pub(crate) fn user(name: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name})
}

/// A group of these.
pub(crate) fn group(name: &str, members: &[String]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members})
}

/// A PATCH of these operations.
pub(crate) fn operations(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// The ids of a list's resources.
pub(crate) fn ids(list: &Value) -> Vec<String> {
    texts(list, "/id")
}

/// Of each of a list's resources the text at this place.
pub(crate) fn texts(list: &Value, pointer: &str) -> Vec<String> {
    let resources = list["Resources"].as_array().unwrap().iter();
    resources.map(|it| it.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned()).collect()
}

/// The ids of a group's members, sorted.
pub(crate) fn members(group: &Value) -> Vec<String> {
    let all = group["members"].as_array().map_or(&[][..], Vec::as_slice);
    let mut ids: Vec<String> = all.iter().map(|it| it["value"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}
