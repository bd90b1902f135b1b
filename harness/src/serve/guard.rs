//! Who may ask what: pure decisions about the head of a request, and the headers that
//! every answer carries.
//!
//! The page is for whoever sits at this machine. Two kinds of strangers can reach a
//! loopback port all the same: other pages in the same browser, and names that resolve to
//! 127.0.0.1 a moment after their page was loaded (DNS rebinding). The first may read
//! nothing, as no answer allows it to another origin. The second are known by the name in
//! `Host`, which is theirs and not one of this machine's.

use std::net::{IpAddr, SocketAddr};

use hyper::Method;

/// Where the server listens, and under which name it was told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The address, its port resolved.
    pub address: SocketAddr,
    /// The name of `--listen name:port`, if it was no number.
    pub name: Option<String>,
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is neither GET nor HEAD.
    Method,
    /// It names a host that is not this one, none, or two.
    Host,
}

impl Listening {
    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.address.ip().is_loopback()
    }

    /// Decides on a request: its method and the hosts it names (`Host`, and the authority
    /// of a request target in absolute form).
    ///
    /// # Errors
    /// Why it is refused.
    pub fn admit(&self, method: &Method, hosts: &[&str]) -> Result<(), Refusal> {
        if hosts.is_empty() || !hosts.iter().all(|host| self.is_ours(host)) {
            return Err(Refusal::Host);
        }
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Err(Refusal::Method);
        }
        Ok(())
    }

    /// Whether a host is this machine. The port is not compared: a tunnel may have its own.
    /// An address cannot be rebound, so on all interfaces any address will do.
    fn is_ours(&self, host: &str) -> bool {
        let Some(name) = without_port(host) else {
            return false;
        };
        if let Ok(ip) = name.parse::<IpAddr>() {
            let own = self.address.ip();
            return ip.is_loopback() || ip == own || own.is_unspecified();
        }
        let same = |other: &String| other.eq_ignore_ascii_case(name);
        name.eq_ignore_ascii_case("localhost") || self.name.as_ref().is_some_and(same)
    }
}

/// The host of `host`, `host:80` or `[::1]:80`.
fn without_port(host: &str) -> Option<&str> {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = host.strip_prefix('[') {
        let (name, port) = rest.split_once(']')?;
        let port = port.strip_prefix(':').unwrap_or(port);
        return is_port(port).then_some(name);
    }
    match host.split_once(':') {
        Some((name, port)) => is_port(port).then_some(name),
        None => Some(host),
    }
}

/// What a browser may do with our own pages: our style and our script, nothing else.
pub const OWN_PAGE: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// With what a run left behind: nothing, in an origin of its own.
pub const RAW_FILE: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// With a report, which is one file with its script and has a stricter policy of its own: the
/// script cannot ask anybody anything, and its origin is not that of our pages.
pub const REPORT: &str = "sandbox allow-scripts allow-downloads allow-popups allow-modals; \
     default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
     img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// On every answer, beside its policy.
pub const HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(address: &str, name: Option<&str>) -> Listening {
        Listening {
            address: address.parse().expect("an address"),
            name: name.map(str::to_owned),
        }
    }

    #[test]
    fn this_machine_is_known_by_its_loopback_names_whatever_the_port() {
        let here = listening("127.0.0.1:4000", None);
        for host in [
            "localhost",
            "LocalHost:9",
            "127.0.0.1:4000",
            "127.9.9.9",
            "[::1]:4000",
            "[::1]",
        ] {
            assert_eq!(here.admit(&Method::GET, &[host]), Ok(()), "{host}");
        }
    }

    #[test]
    fn a_name_that_resolves_here_is_not_this_machine() {
        let here = listening("127.0.0.1:4000", None);
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evil.example:4000",
            "127.0.0.1.evil.example",
            "localhost:80@evil.example",
            "[::1]evil",
            "192.0.2.7",
            "::1",
        ] {
            assert_eq!(
                here.admit(&Method::GET, &[host]),
                Err(Refusal::Host),
                "{host}"
            );
        }
        assert_eq!(here.admit(&Method::GET, &[]), Err(Refusal::Host));
        let two = ["localhost", "evil.example"];
        assert_eq!(here.admit(&Method::GET, &two), Err(Refusal::Host));
    }

    #[test]
    fn on_all_interfaces_an_address_will_do_and_the_name_that_was_given() {
        let there = listening("0.0.0.0:80", Some("box.example"));
        for (host, expected) in [
            ("192.0.2.7", Ok(())),
            ("box.example:80", Ok(())),
            ("evil.example", Err(Refusal::Host)),
        ] {
            assert_eq!(there.admit(&Method::GET, &[host]), expected, "{host}");
        }
    }

    #[test]
    fn only_reading_is_allowed() {
        let here = listening("127.0.0.1:4000", None);
        assert_eq!(here.admit(&Method::HEAD, &["localhost"]), Ok(()));
        for method in [
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
            Method::CONNECT,
        ] {
            let refused = here.admit(&method, &["localhost"]);
            assert_eq!(refused, Err(Refusal::Method), "{method}");
        }
    }
}
