//! Whom a request comes from and by which address it came, of what proxies say only what trusted ones say.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// The client's address, as a request's extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The address under which the client reached us, without a slash at its end, as a request's extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(pub String);

/// `10.0.0.0/8`, or one address.
///
/// # Errors
/// It is neither.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "an address or a network like 10.0.0.0/8 is needed".to_owned())
}

/// What is known before a request is read.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) remote: IpAddr,
    pub(super) local: SocketAddr,
    pub(super) tls: bool,
}

pub(super) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// The client: of the hops that proxies tell, the last that is no trusted proxy itself.
pub(super) fn peer(known: &Known, headers: &HeaderMap, trusted: &[IpNet]) -> Peer {
    if !is_trusted(known.remote, trusted) {
        return Peer(known.remote);
    }
    let by_x = headers.contains_key("x-forwarded-for").then(|| list(headers, "x-forwarded-for"));
    let by_x = by_x.map(|hops| client(known.remote, &hops, trusted));
    let standard = elements(headers);
    let hops: Vec<&str> = standard.iter().filter_map(|element| parameter(element, "for")).collect();
    let by_standard = (!hops.is_empty()).then(|| client(known.remote, &hops, trusted));
    Peer(match (by_x, by_standard) {
        (Some(one), Some(other)) if one == other => one,
        // A proxy writes one of them; the other is whatever the client likes.
        (Some(_), Some(_)) | (None, None) => known.remote,
        (Some(one), None) | (None, Some(one)) => one,
    })
}

fn client(remote: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut last = remote;
    for hop in hops.iter().rev() {
        // Hidden or rubbish: nobody before it is to be believed.
        let Some(address) = address(hop) else { return last };
        last = address;
        if !is_trusted(address, trusted) {
            return last;
        }
    }
    last
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse::<IpAddr>().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|it| it.ip()))?;
    Some(address.to_canonical())
}

/// The address that was asked, as far as it can be told; `public` where it is set.
pub(super) fn base_url(known: &Known, headers: &HeaderMap, trusted: &[IpNet], public: Option<&str>) -> BaseUrl {
    if let Some(public) = public {
        return BaseUrl(public.to_owned());
    }
    let (mut scheme, mut host) = (if known.tls { "https" } else { "http" }, header(headers, "host"));
    if is_trusted(known.remote, trusted) {
        let last = elements(headers).pop();
        let told = |plain: &'static str, standard: &str| {
            list(headers, plain).pop().or_else(|| last.and_then(|element| parameter(element, standard)))
        };
        match told("x-forwarded-proto", "proto") {
            Some(proto) if proto.eq_ignore_ascii_case("https") => scheme = "https",
            Some(proto) if proto.eq_ignore_ascii_case("http") => scheme = "http",
            _ => {}
        }
        host = told("x-forwarded-host", "host").filter(|host| is_authority(host)).or(host);
    }
    match host.filter(|host| is_authority(host)) {
        Some(host) => BaseUrl(format!("{scheme}://{host}")),
        None => BaseUrl(format!("{scheme}://{}", known.local)),
    }
}

/// A host with or without a port, and nothing that could end or change a URL.
fn is_authority(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !text.is_empty() && text.len() <= 255 && text.bytes().all(plain)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// A list of plain words, over all headers of the name. A header that is no text ends the trust in what came before.
fn list<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let lines = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.split(',')).map(str::trim).collect()
}

/// The elements of `Forwarded` (RFC 7239), one for each proxy.
fn elements(headers: &HeaderMap) -> Vec<&str> {
    list(headers, "forwarded")
}

/// A parameter of an element; a value in quotes has no escapes where addresses and hosts are meant.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn known(remote: &str) -> Known {
        Known { remote: remote.parse().unwrap(), local: "127.0.0.1:8787".parse().unwrap(), tls: false }
    }

    const FOR: &str = "x-forwarded-for";

    #[test]
    fn the_client_is_the_last_hop_that_nobody_trusts() {
        let trusted = ["10.0.0.0/8", "127.0.0.1", "::1"].map(|text| parse_network(text).unwrap());
        for (remote, lines, expected) in [
            ("192.0.2.1", &[(FOR, "198.51.100.7"), ("forwarded", "for=198.51.100.7")][..], "192.0.2.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &[(FOR, "198.51.100.7")], "198.51.100.7"),
            ("127.0.0.1", &[(FOR, "1.2.3.4, 198.51.100.7, 10.1.1.1")], "198.51.100.7"),
            ("127.0.0.1", &[(FOR, "1.2.3.4"), (FOR, "198.51.100.7:4711")], "198.51.100.7"),
            ("127.0.0.1", &[(FOR, "10.9.9.9, 10.1.1.1")], "10.9.9.9"),
            ("127.0.0.1", &[(FOR, "198.51.100.7, unknown, 10.1.1.1")], "10.1.1.1"),
            ("127.0.0.1", &[(FOR, "198.51.100.7, unknown")], "127.0.0.1"),
            ("127.0.0.1", &[(FOR, "")], "127.0.0.1"),
            ("::1", &[("forwarded", "for=1.2.3.4;proto=http, For=\"[2001:db8::1]:80\";by=_x")], "2001:db8::1"),
            ("::1", &[("forwarded", "proto=https")], "::1"),
            // Which of the two the proxy wrote cannot be known.
            ("127.0.0.1", &[(FOR, "198.51.100.7"), ("forwarded", "for=1.2.3.4")], "127.0.0.1"),
            ("127.0.0.1", &[(FOR, "198.51.100.7"), ("forwarded", "for=198.51.100.7")], "198.51.100.7"),
        ] {
            let found = peer(&known(remote), &headers(lines), &trusted);
            assert_eq!(found, Peer(expected.parse().unwrap()), "{remote} {lines:?}");
        }
    }

    #[test]
    fn the_base_is_what_is_set_or_what_the_client_or_its_trusted_proxy_says() {
        let trusted = [parse_network("10.0.0.1").unwrap()];
        let base = |remote: &str, lines: &[(&'static str, &str)], public| {
            base_url(&known(remote), &headers(lines), &trusted, public).0
        };
        let told = [("host", "a.example:81"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "b.example")];
        assert_eq!(base("192.0.2.1", &told, None), "http://a.example:81");
        assert_eq!(base("10.0.0.1", &told, None), "https://b.example");
        assert_eq!(base("10.0.0.1", &told, Some("https://c.example/x")), "https://c.example/x");
        let standard = [("host", "a.example"), ("forwarded", "for=1.1.1.1;proto=https;host=\"d.example:444\"")];
        assert_eq!(base("10.0.0.1", &standard, None), "https://d.example:444");
        assert_eq!(
            base("10.0.0.1", &[("x-forwarded-host", "evil/@x"), ("host", "a.example")], None),
            "http://a.example"
        );
        assert_eq!(base("192.0.2.1", &[("host", "evil/path?x")], None), "http://127.0.0.1:8787");
        assert_eq!(base("192.0.2.1", &[], None), "http://127.0.0.1:8787");
    }

    #[test]
    fn networks_and_single_addresses_are_understood() {
        assert!(parse_network("10.0.0.0/8").unwrap().contains(&"10.1.2.3".parse::<IpAddr>().unwrap()));
        assert!(!parse_network("10.0.0.1").unwrap().contains(&"10.0.0.2".parse::<IpAddr>().unwrap()));
        assert!(parse_network("fd00::/8").is_ok() && parse_network("proxy.example").is_err());
    }
}
