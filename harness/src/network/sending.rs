//! The faults that act on a message when it is sent: loss, duplication,
//! bandwidth, replaced latency, extra delays.
//!
//! Every fault has a random stream of its own and draws from it once for every
//! message on its links, whatever other faults do with that message; a copy draws
//! only from the stream of the fault that made it. So a fault that comes or goes
//! changes no draw of the others, nor of the network's own latency.

use std::collections::BTreeMap;

use rand::distr::{Bernoulli, Distribution};
use swelkie_nodes::{Rng, Time};

use super::latency::Sampler;
use super::{Endpoint, FaultId, Links};

/// What a fault does to a message that is sent, ready to be drawn.
#[derive(Clone, Debug)]
pub enum Effect {
    Loss(Bernoulli),
    Duplicate(Bernoulli),
    Reorder(Bernoulli, Sampler),
    Delay(Sampler),
    Latency(Sampler),
    /// Bytes per second.
    Bandwidth(f64),
}

/// A fault that is going on.
#[derive(Clone, Debug)]
struct Active {
    id: FaultId,
    links: Links,
    effect: Effect,
    rng: Rng,
    touched: u64,
    /// Whether it acted on the message at hand, or on its copy.
    acted: bool,
}

/// Which way a message takes.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// None: it is lost.
    Lost(FaultId),
    /// It is due then.
    Once(Time),
    /// It is due at the first time, its copy at the second.
    Twice(FaultId, Time, Time),
}

/// A message, as far as these faults care.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    pub now: Time,
    pub src: Endpoint,
    pub dest: Endpoint,
    pub size: u32,
    /// The link's latency without a fault, for a copy to draw from.
    pub sampler: &'a Sampler,
    /// What the message itself drew from it, in nanoseconds.
    pub latency: u64,
}

/// The faults that act on sending, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct SendFaults {
    active: Vec<Active>,
    /// Until when a link is busy with what was sent over it under a bandwidth.
    busy: BTreeMap<(Endpoint, Endpoint), Time>,
}

impl SendFaults {
    #[inline]
    pub fn are_none(&self) -> bool {
        self.active.is_empty()
    }

    pub fn begin(&mut self, id: FaultId, links: Links, effect: Effect, rng: Rng) {
        self.active.push(Active {
            id,
            links,
            effect,
            rng,
            touched: 0,
            acted: false,
        });
    }

    /// Ends a fault and tells how many messages it touched; none if it is not going on.
    pub fn end(&mut self, now: Time, id: FaultId) -> Option<u64> {
        let index = self.active.iter().position(|fault| fault.id == id)?;
        let ended = self.active.remove(index);
        self.busy.retain(|_, until| *until > now);
        Some(ended.touched)
    }

    pub fn touched(&self, id: FaultId) -> Option<u64> {
        let fault = self.active.iter().find(|fault| fault.id == id);
        fault.map(|fault| fault.touched)
    }

    /// Decides which way a message takes.
    pub fn way(&mut self, message: Sending) -> Way {
        let Sending { src, dest, .. } = message;
        let (mut loss, mut copier) = (None, None);
        for (index, fault) in self.active.iter_mut().enumerate() {
            let (Effect::Loss(chance) | Effect::Duplicate(chance)) = fault.effect else {
                continue;
            };
            if fault.links.contain(src, dest) && chance.sample(&mut fault.rng) {
                fault.acted = true;
                if let Effect::Loss(_) = fault.effect {
                    loss.get_or_insert(fault.id);
                } else {
                    copier.get_or_insert((index, fault.id));
                }
            }
        }
        let latency = self.latency(message, message.latency, None);
        let way = if let Some(id) = loss {
            Way::Lost(id)
        } else {
            let due = Time(self.through(message).0.saturating_add(latency));
            match copier {
                None => Way::Once(due),
                Some((index, id)) => Way::Twice(id, due, self.copy(message, index)),
            }
        };
        self.count(loss.is_some());
        way
    }

    /// When the copy that fault `index` makes is due.
    fn copy(&mut self, message: Sending, index: usize) -> Time {
        let mut rng = self.active[index].rng.clone();
        let base = message.sampler.sample(&mut rng);
        let latency = self.latency(message, base, Some(&mut rng));
        self.active[index].rng = rng;
        Time(self.through(message).0.saturating_add(latency))
    }

    /// The latency in nanoseconds, `base` being what it is without a fault. Faults
    /// draw from `stream` if there is one, otherwise each from its own.
    fn latency(&mut self, message: Sending, base: u64, mut stream: Option<&mut Rng>) -> u64 {
        let (mut latency, mut extra) = (base, 0u64);
        let mut replaced_by = None;
        for (index, fault) in self.active.iter_mut().enumerate() {
            if !fault.links.contain(message.src, message.dest) {
                continue;
            }
            let rng = stream.as_deref_mut().unwrap_or(&mut fault.rng);
            let delay = match &fault.effect {
                Effect::Delay(delay) => delay.sample(rng),
                Effect::Reorder(chance, delay) if chance.sample(rng) => delay.sample(rng),
                Effect::Latency(sampler) => {
                    latency = sampler.sample(rng);
                    replaced_by = Some(index);
                    0
                }
                _ => 0,
            };
            fault.acted |= delay > 0;
            extra = extra.saturating_add(delay);
        }
        if let Some(index) = replaced_by {
            self.active[index].acted |= latency != base;
        }
        latency.saturating_add(extra)
    }

    /// When the message has passed the link's bandwidth: it waits for what was sent
    /// over the link before, then takes its own time.
    fn through(&mut self, message: Sending) -> Time {
        let mut least: Option<(&mut bool, f64)> = None;
        for fault in &mut self.active {
            if let Effect::Bandwidth(rate) = fault.effect
                && fault.links.contain(message.src, message.dest)
                && least.as_ref().is_none_or(|(_, least)| rate < *least)
            {
                least = Some((&mut fault.acted, rate));
            }
        }
        let Some((acted, rate)) = least else {
            return message.now;
        };
        let service = (f64::from(message.size) * 1e9 / rate).round() as u64;
        let busy = self.busy.entry((message.src, message.dest)).or_default();
        *busy = Time(message.now.max(*busy).0.saturating_add(service));
        *acted |= *busy > message.now;
        *busy
    }

    /// Counts the message for the faults that acted on it; only losses act on a lost one.
    fn count(&mut self, lost: bool) {
        for fault in &mut self.active {
            let acted = std::mem::take(&mut fault.acted);
            if acted && (!lost || matches!(fault.effect, Effect::Loss(_))) {
                fault.touched += 1;
            }
        }
    }
}
