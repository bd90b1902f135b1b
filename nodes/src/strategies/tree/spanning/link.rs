//! What a node keeps of one neighbour: what it heard of it, and a stream of rumors to it with
//! positions, of which the neighbour's hellos say up to where they arrived.

use super::said::{Hello, Told};
use crate::node::Time;
use crate::strategy::Rumor;

/// At most so many rumors in one message.
const BATCH: usize = 1000;

/// One neighbour. See the module.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// Its last hello.
    pub hello: Hello,
    /// When that came; never if there was none.
    pub heard: Option<Time>,
    /// Rumors go this way.
    pub tree: bool,
    /// How much of its stream arrived, without a gap.
    have: u64,
    /// The stream to it, from position `base` on: the rest is acknowledged.
    stream: Vec<Rumor>,
    base: u64,
    /// How long the stream was one tick ago and two.
    marks: [u64; 2],
}

impl Link {
    /// Takes a hello, which acknowledges some of the stream if it is meant for this life.
    pub fn hear(&mut self, hello: Hello, epoch: u64, now: Time) {
        if hello.epoch != self.hello.epoch {
            *self = Link::default();
        }
        if hello.to == epoch && hello.have > self.base {
            let acked = (hello.have - self.base).min(self.stream.len() as u64);
            self.stream.drain(..acked as usize);
            self.base += acked;
        }
        self.hello = hello;
        self.heard = Some(now);
    }

    /// How much of its stream arrived.
    pub fn have(&self) -> u64 {
        self.have
    }

    /// A part of its stream arrived.
    pub fn arrived(&mut self, told: &Told) {
        if told.epoch == self.hello.epoch && told.at <= self.have {
            let end = told.at.saturating_add(told.rumors.len() as u64);
            self.have = self.have.max(end);
        }
    }

    /// Appends rumors to the stream; how to tell them.
    pub fn tell(&mut self, rumors: &[Rumor], epoch: u64) -> Vec<Told> {
        let at = self.end();
        self.stream.extend_from_slice(rumors);
        self.part(at, usize::MAX, epoch)
    }

    /// A tick passed: how to tell what was told two ticks ago and is not acknowledged.
    pub fn tick(&mut self, epoch: u64) -> Vec<Told> {
        let [one, two] = self.marks;
        self.marks = [self.end(), one];
        if self.base >= two {
            return Vec::new();
        }
        self.part(self.base, BATCH, epoch)
    }

    fn end(&self) -> u64 {
        self.base + self.stream.len() as u64
    }

    fn part(&self, from: u64, most: usize, epoch: u64) -> Vec<Told> {
        let rest = &self.stream[(from - self.base) as usize..];
        let chunks = rest[..most.min(rest.len())].chunks(BATCH);
        let told = chunks.enumerate().map(|(chunk, rumors)| Told {
            epoch,
            to: self.hello.epoch,
            at: from + (chunk * BATCH) as u64,
            rumors: rumors.to_vec(),
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(at: u64, rumors: &[u32]) -> Told {
        Told {
            epoch: 9,
            to: 3,
            at,
            rumors: rumors.iter().copied().map(Rumor).collect(),
        }
    }

    fn hello(epoch: u64, have: u64) -> Hello {
        Hello {
            epoch,
            to: 3,
            have,
            ..Hello::default()
        }
    }

    #[test]
    fn what_follows_a_gap_does_not_count_as_arrived() {
        let mut link = Link::default();
        link.hear(hello(9, 0), 3, Time::ZERO);
        for (part, have) in [
            (told(0, &[1, 2]), 2),
            (told(3, &[4]), 2),
            (told(1, &[2, 3]), 3),
            (told(0, &[1]), 3),
            (told(3, &[4]), 4),
        ] {
            link.arrived(&part);
            assert_eq!(link.have(), have, "{part:?}");
        }
    }

    #[test]
    fn the_stream_begins_anew_with_a_new_life_of_the_neighbour() {
        let mut link = Link::default();
        link.hear(hello(9, 0), 3, Time::ZERO);
        assert_eq!(
            link.tell(&[Rumor(1), Rumor(2)], 3),
            [told_by(3, 0, &[1, 2])]
        );
        link.hear(hello(9, 1), 3, Time::ZERO);
        link.tick(3);
        link.tick(3);
        assert_eq!(link.tick(3), [told_by(3, 1, &[2])]);
        link.hear(hello(10, 0), 3, Time::ZERO);
        assert_eq!(link.tick(3), []);
        assert_eq!(link.tell(&[Rumor(5)], 3)[0].at, 0);
    }

    /// As told to the neighbour's life 9.
    fn told_by(epoch: u64, at: u64, rumors: &[u32]) -> Told {
        Told {
            epoch,
            to: 9,
            ..told(at, rumors)
        }
    }
}
