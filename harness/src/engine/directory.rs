//! Names and numbers of everything that can send or receive.
//!
//! Nodes, services and clients share one number space ([`Endpoint`]); clients
//! are numbered as they appear and their names are never used twice.

use std::collections::BTreeMap;

use swelkie_nodes::NodeId;

use crate::network::{Endpoint, Layout, Role};

/// Who is who in a run.
pub struct Directory {
    layout: Layout,
    /// By endpoint number.
    names: Vec<NodeId>,
    /// Nodes and services; a client's number is in its name.
    by_name: BTreeMap<NodeId, Endpoint>,
    /// True if node i is called `n{i}`, so that its number is in its name too.
    plain_names: bool,
}

impl Directory {
    /// A directory of these nodes and services, without clients yet.
    #[must_use]
    pub fn new(nodes: &[NodeId], services: &[&str]) -> Directory {
        let plain = |(index, name): (usize, &NodeId)| name.as_str() == format!("n{index}");
        let services = services.iter().map(|&name| NodeId::from(name));
        let names: Vec<NodeId> = nodes.iter().cloned().chain(services.clone()).collect();
        let by_name = (0..).map(Endpoint);
        Directory {
            layout: Layout {
                nodes: nodes.len() as u32,
                services: services.len() as u32,
            },
            by_name: names.iter().cloned().zip(by_name).collect(),
            plain_names: nodes.iter().enumerate().all(plain),
            names,
        }
    }

    /// How many there are of each kind.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// A client that has not been there before: `c0`, `c1`, …
    pub fn add_client(&mut self) -> Endpoint {
        let endpoint = Endpoint(self.names.len() as u32);
        let number = self.names.len() - self.first_client();
        self.names.push(NodeId::from(format!("c{number}")));
        endpoint
    }

    /// The number of a client among the clients, in the order of appearance.
    #[must_use]
    pub fn client_index(&self, endpoint: Endpoint) -> usize {
        endpoint.index() - self.first_client()
    }

    /// The name of an endpoint.
    #[must_use]
    pub fn name(&self, endpoint: Endpoint) -> &NodeId {
        &self.names[endpoint.index()]
    }

    /// What kind of thing an endpoint is.
    #[must_use]
    pub fn role(&self, endpoint: Endpoint) -> Role {
        self.layout.role(endpoint)
    }

    /// The endpoint of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Endpoint> {
        if let Some(number) = numbered(name, b'n').filter(|_| self.plain_names) {
            return (number < self.layout.nodes as usize).then_some(Endpoint(number as u32));
        }
        if let Some(endpoint) = self.by_name.get(name) {
            return Some(*endpoint);
        }
        let index = self.first_client() + numbered(name, b'c')?;
        (index < self.names.len()).then_some(Endpoint(index as u32))
    }

    fn first_client(&self) -> usize {
        (self.layout.nodes + self.layout.services) as usize
    }
}

/// The number in a name like `n12`: one letter, digits, no leading zero.
fn numbered(name: &str, letter: u8) -> Option<usize> {
    let digits = match name.as_bytes() {
        [first, digits @ ..] if *first == letter && (1..10).contains(&digits.len()) => digits,
        _ => return None,
    };
    if digits.len() > 1 && digits[0] == b'0' {
        return None;
    }
    digits.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + usize::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_services_and_clients_are_found_and_strangers_are_not() {
        let nodes = ["n0", "n1"].map(NodeId::from);
        let mut directory = Directory::new(&nodes, &["lin-kv"]);
        let client = directory.add_client();
        assert_eq!(directory.find("n1"), Some(Endpoint(1)));
        assert_eq!(directory.find("lin-kv"), Some(Endpoint(2)));
        assert_eq!(directory.find("c0"), Some(client));
        for stranger in ["n2", "n01", "c1", "n", "", "n-1", "n99999999999999", "N0"] {
            assert_eq!(directory.find(stranger), None, "{stranger}");
        }
    }

    #[test]
    fn names_of_the_users_choice_are_found() {
        let nodes = ["a", "n0", "b"].map(NodeId::from);
        let directory = Directory::new(&nodes, &[]);
        assert_eq!(directory.find("n0"), Some(Endpoint(1)));
        assert_eq!(directory.find("b"), Some(Endpoint(2)));
        assert_eq!(directory.find("n1"), None);
    }
}
