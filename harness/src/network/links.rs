//! Which links a fault acts on.

/// One end of a link: a node, a service or a client, by number. Nodes come first,
/// then services, then clients; see [`Layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint(pub u32);

impl Endpoint {
    /// As an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What kind of thing an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A node under test.
    Node,
    /// A service of the harness.
    Service,
    /// A client of the workload.
    Client,
}

/// How many endpoints there are of each kind; clients come and go without bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Endpoints `0..nodes`.
    pub nodes: u32,
    /// Endpoints `nodes..nodes + services`.
    pub services: u32,
}

impl Layout {
    /// What kind of thing an endpoint is.
    #[must_use]
    pub fn role(self, endpoint: Endpoint) -> Role {
        if endpoint.0 < self.nodes {
            Role::Node
        } else if endpoint.0 - self.nodes < self.services {
            Role::Service
        } else {
            Role::Client
        }
    }
}

/// A set of endpoints. Clients are in it all together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointSet {
    /// One bit per node and service.
    words: Vec<u64>,
    /// Bound of the bits: endpoints at or above it are clients.
    bound: u32,
    clients: bool,
}

impl EndpointSet {
    /// The empty set.
    #[must_use]
    pub fn empty(layout: Layout) -> EndpointSet {
        let bound = layout.nodes + layout.services;
        EndpointSet {
            words: vec![0; bound.div_ceil(64) as usize],
            bound,
            clients: false,
        }
    }

    /// All nodes, no service, no client.
    #[must_use]
    pub fn nodes(layout: Layout) -> EndpointSet {
        let mut set = EndpointSet::empty(layout);
        (0..layout.nodes).for_each(|node| set.insert(Endpoint(node)));
        set
    }

    /// Adds a node or a service; any client adds all clients.
    pub fn insert(&mut self, endpoint: Endpoint) {
        if endpoint.0 >= self.bound {
            self.clients = true;
        } else {
            self.words[endpoint.index() / 64] |= 1 << (endpoint.0 % 64);
        }
    }

    /// Adds all clients.
    pub fn insert_clients(&mut self) {
        self.clients = true;
    }

    /// Whether the endpoint is in the set.
    #[must_use]
    pub fn contains(&self, endpoint: Endpoint) -> bool {
        if endpoint.0 >= self.bound {
            self.clients
        } else {
            self.words[endpoint.index() / 64] & (1 << (endpoint.0 % 64)) != 0
        }
    }
}

/// A set of directed links. A link from an endpoint to itself is in none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Links {
    /// From any of these to any of those.
    Between {
        /// Sources.
        from: EndpointSet,
        /// Destinations.
        to: EndpointSet,
    },
    /// Both ways between endpoints of the first set and endpoints of the second.
    Both(EndpointSet, EndpointSet),
    /// From and to any of `these`, the other end being in `others`.
    Touching {
        /// The ends that matter.
        these: EndpointSet,
        /// Where the other end must be.
        others: EndpointSet,
    },
    /// Both ways between endpoints of different sides; by endpoint number, those
    /// beyond the list and those on side [`Links::NO_SIDE`] are not concerned.
    Sides(Vec<u16>),
    /// By destination: the sources it does not hear. The majorities ring is one.
    Deaf(Vec<EndpointSet>),
}

impl Links {
    /// The side of an endpoint that a split does not concern.
    pub const NO_SIDE: u16 = u16::MAX;

    /// Whether the link from `src` to `dest` is in the set.
    #[must_use]
    pub fn contain(&self, src: Endpoint, dest: Endpoint) -> bool {
        if src == dest {
            return false;
        }
        match self {
            Links::Between { from, to } => from.contains(src) && to.contains(dest),
            Links::Both(a, b) => {
                (a.contains(src) && b.contains(dest)) || (b.contains(src) && a.contains(dest))
            }
            Links::Touching { these, others } => {
                (these.contains(src) && others.contains(dest))
                    || (these.contains(dest) && others.contains(src))
            }
            Links::Sides(sides) => {
                let side = |end: Endpoint| sides.get(end.index()).copied().unwrap_or(Self::NO_SIDE);
                let (a, b) = (side(src), side(dest));
                a != b && a != Self::NO_SIDE && b != Self::NO_SIDE
            }
            Links::Deaf(sources) => sources
                .get(dest.index())
                .is_some_and(|deaf| deaf.contains(src)),
        }
    }
}
