//! stub
/// peer
#[derive(Clone)]
pub struct Peer(pub std::net::IpAddr);
/// base
#[derive(Clone)]
pub struct BaseUrl(pub String);
