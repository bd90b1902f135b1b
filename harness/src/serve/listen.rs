//! Where to listen.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs as _};
use std::str::FromStr;

use super::guard::Listening;

/// Where to listen: `127.0.0.1:8000`, `8000` (on loopback), `[::1]:8000`, `box.example:80`.
/// Port 0 takes a free one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    Name(String),
}

impl Default for Listen {
    fn default() -> Listen {
        Listen {
            host: Host::Address(Ipv4Addr::LOCALHOST.into()),
            port: 0,
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Listen, String> {
        let expected = || {
            "expected an address and a port, such as 127.0.0.1:8000, 8000 (on this machine only) or \
             0.0.0.0:8000 (for everybody who can reach it); port 0 takes a free one"
                .to_owned()
        };
        if let Ok(port) = text.parse() {
            return Ok(Listen {
                port,
                ..Listen::default()
            });
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Listen {
                host: Host::Address(address.ip()),
                port: address.port(),
            });
        }
        let (name, port) = text.rsplit_once(':').ok_or_else(expected)?;
        let port = port.parse().map_err(|_| expected())?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        match !name.is_empty() && name.bytes().all(plain) {
            true => Ok(Listen {
                host: Host::Name(name.to_owned()),
                port,
            }),
            false => Err(expected()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.host {
            Host::Address(ip) => SocketAddr::new(*ip, self.port).fmt(f),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl Listen {
    pub(super) fn bind(&self) -> Result<(TcpListener, Listening), String> {
        let bound = match &self.host {
            Host::Address(ip) => TcpListener::bind((*ip, self.port)),
            Host::Name(name) => (name.as_str(), self.port)
                .to_socket_addrs()
                .and_then(|addresses| TcpListener::bind(&*addresses.collect::<Vec<_>>())),
        };
        let listening = bound.and_then(|listener| {
            let name = match &self.host {
                Host::Address(_) => None,
                Host::Name(name) => Some(name.clone()),
            };
            let address = listener.local_addr()?;
            Ok((listener, Listening { address, name }))
        });
        listening.map_err(|error| {
            let advice = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    ": another program listens there; take another port, or 0 for a free one"
                }
                io::ErrorKind::PermissionDenied => ": take a port from 1024 on",
                io::ErrorKind::AddrNotAvailable => ": this machine does not have that address",
                _ => "",
            };
            format!("cannot listen on {self}: {error}{advice}")
        })
    }
}

impl Listening {
    /// The address of the page, for a browser on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        let port = self.address.port();
        if let Some(name) = &self.name {
            return format!("http://{name}:{port}/");
        }
        match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => format!("http://127.0.0.1:{port}/"),
            IpAddr::V6(ip) if ip.is_unspecified() => format!("http://[::1]:{port}/"),
            _ => format!("http://{}/", self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_to_listen_are_understood_and_shown_as_they_were_meant() {
        for (text, shown) in [
            ("8000", "127.0.0.1:8000"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("[::1]:80", "[::1]:80"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("box.example:80", "box.example:80"),
        ] {
            assert_eq!(text.parse::<Listen>().expect(text).to_string(), shown);
        }
        for text in [
            "",
            "box",
            ":",
            ":80",
            "box:",
            "box:99999",
            "a b:80",
            "::1:80",
            "http://x:80",
        ] {
            let error = text.parse::<Listen>().expect_err(text);
            assert!(error.contains("127.0.0.1:8000"), "{text}: {error}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_said_to_be() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = taken.local_addr().expect("bound").port();
        let error = port.to_string().parse::<Listen>().expect("a port").bind();
        let error = error.expect_err("taken");
        assert!(error.contains("another program"), "{error}");
    }
}
