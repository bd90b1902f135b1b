//! The faults that act on a message when it would be delivered: holds and cuts.

use std::collections::BTreeSet;

use super::{Endpoint, FaultId, Links};

/// What a message meets at the end of its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    Open,
    Held,
    Cut(FaultId),
}

/// A message, as far as gates care.
#[derive(Clone, Copy, Debug)]
pub struct Passing {
    pub id: u64,
    pub src: Endpoint,
    pub dest: Endpoint,
    /// Whether a copy of it is or was on its way, too.
    pub copied: bool,
}

#[derive(Clone, Debug)]
struct Gate {
    id: FaultId,
    links: Links,
    touched: u64,
    /// Messages with a copy of which one was touched, so that the other is not counted.
    counted: BTreeSet<u64>,
}

impl Gate {
    fn covers(&self, message: Passing) -> bool {
        self.links.contain(message.src, message.dest)
    }

    fn count(&mut self, message: Passing) {
        // The second of two copies takes the entry of the first out again.
        if message.copied && self.counted.remove(&message.id) {
            return;
        }
        self.touched += 1;
        if message.copied {
            self.counted.insert(message.id);
        }
    }
}

/// The holds and cuts that are going on, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    holds: Vec<Gate>,
    cuts: Vec<Gate>,
}

impl Gates {
    #[inline]
    pub fn are_none(&self) -> bool {
        self.holds.is_empty() && self.cuts.is_empty()
    }

    pub fn begin_cut(&mut self, id: FaultId, links: Links) {
        self.cuts.push(gate(id, links));
    }

    /// Begins a hold; what waits already may have to wait for it, too.
    pub fn begin_hold(
        &mut self,
        id: FaultId,
        links: Links,
        waiting: impl Iterator<Item = Passing>,
    ) {
        let mut hold = gate(id, links);
        for message in waiting {
            if hold.covers(message) {
                hold.count(message);
            }
        }
        self.holds.push(hold);
    }

    /// Ends a fault and tells how many messages it touched; none if it is not going on.
    pub fn end(&mut self, id: FaultId) -> Option<u64> {
        for gates in [&mut self.holds, &mut self.cuts] {
            if let Some(index) = gates.iter().position(|gate| gate.id == id) {
                return Some(gates.remove(index).touched);
            }
        }
        None
    }

    pub fn touched(&self, id: FaultId) -> Option<u64> {
        let mut gates = self.holds.iter().chain(&self.cuts);
        gates.find(|gate| gate.id == id).map(|gate| gate.touched)
    }

    /// Whether a hold covers the message.
    pub fn hold(&self, message: Passing) -> bool {
        self.holds.iter().any(|hold| hold.covers(message))
    }

    /// What the message meets. A link that is held and cut holds it: it is not
    /// delivered yet, and the cut is tested when it is released.
    pub fn pass(&mut self, message: Passing) -> Passage {
        let mut held = false;
        for hold in self.holds.iter_mut().filter(|hold| hold.covers(message)) {
            hold.count(message);
            held = true;
        }
        if held {
            return Passage::Held;
        }
        let mut cut = None;
        for gate in self.cuts.iter_mut().filter(|cut| cut.covers(message)) {
            gate.count(message);
            cut.get_or_insert(gate.id);
        }
        cut.map_or(Passage::Open, Passage::Cut)
    }
}

fn gate(id: FaultId, links: Links) -> Gate {
    Gate {
        id,
        links,
        touched: 0,
        counted: BTreeSet::new(),
    }
}
