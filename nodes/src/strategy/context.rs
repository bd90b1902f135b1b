//! The handler's face of a node's surroundings: it can ask, not drain.

use std::time::Duration;

use super::{
    Attributes, Effects, Known, Names, Neighbours, Peer, Rumor, Scratch, Strategy, Tag, sample,
};
use crate::node::Time;
use crate::rng::Rng;

/// Everything of one node's surroundings that a driver lends to a handler.
pub struct Surroundings<'a, S: Strategy> {
    /// The parameters.
    pub config: &'a S::Config,
    /// Which node it is.
    pub id: Peer,
    /// How many members there are.
    pub size: u32,
    /// The time of the event.
    pub now: Time,
    /// The node's neighbours in the topology.
    pub neighbours: Neighbours<'a>,
    /// The node's random stream, or one shared by all nodes of a lab cluster.
    pub rng: &'a mut Rng,
    /// Which node knows what.
    pub known: &'a mut Known,
    /// The node's row of `known`; the handler reaches no other.
    pub row: Peer,
    /// What rumors and peers are called.
    pub names: &'a dyn Names,
    /// Where effects go.
    pub effects: &'a mut Effects<S>,
    /// Room to draw samples in.
    pub scratch: &'a mut Scratch,
}

/// Surroundings that a driver lends to one handler after the other, without a change
/// of anything but the node: the fastest way to deliver many messages.
pub struct Lent<'a, S: Strategy> {
    cx: Context<'a, S>,
}

impl<'a, S: Strategy> Lent<'a, S> {
    /// Lends these surroundings.
    #[inline]
    #[must_use]
    pub fn new(at: Surroundings<'a, S>) -> Self {
        let cx = Context::new(at);
        Lent { cx }
    }

    /// To this node, which has these neighbours and its own row of what is known.
    #[inline]
    pub fn to(&mut self, id: Peer, neighbours: Neighbours<'a>) -> &mut Context<'a, S> {
        let at = &mut self.cx.at;
        (at.id, at.row, at.neighbours) = (id, id, neighbours);
        &mut self.cx
    }

    /// What the handlers asked for.
    #[inline]
    #[must_use]
    pub fn effects(&self) -> &Effects<S> {
        self.cx.at.effects
    }
}

/// The handler's face of a node's surroundings. See the strategy module.
pub struct Context<'a, S: Strategy> {
    at: Surroundings<'a, S>,
}

impl<'a, S: Strategy> Context<'a, S> {
    /// The handler's face of these surroundings; for drivers.
    #[inline]
    #[must_use]
    pub fn new(at: Surroundings<'a, S>) -> Self {
        Context { at }
    }

    /// This node.
    #[inline]
    #[must_use]
    pub fn id(&self) -> Peer {
        self.at.id
    }

    /// How many members the cluster has, this node among them: peers are `0..size`.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.at.size
    }

    /// The parameters.
    #[inline]
    #[must_use]
    pub fn config(&self) -> &'a S::Config {
        self.at.config
    }

    /// The time of this event: since the start of the run in simulation, since its own
    /// start in a process.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Time {
        self.at.now
    }

    /// A random stream.
    #[inline]
    pub fn rng(&mut self) -> &mut Rng {
        self.at.rng
    }

    /// The neighbours in the topology; everybody else if there is no topology, nobody as
    /// long as it has not come.
    #[inline]
    #[must_use]
    pub fn neighbours(&self) -> Neighbours<'a> {
        self.at.neighbours
    }

    /// Everybody else.
    #[inline]
    #[must_use]
    pub fn others(&self) -> Neighbours<'a> {
        Neighbours::Others {
            but: self.at.id,
            size: self.at.size,
        }
    }

    /// This node knows the rumor from now on, and shows it to clients; whether that is new.
    #[inline]
    pub fn deliver(&mut self, rumor: Rumor) -> bool {
        let new = self.at.known.insert(self.at.row, rumor);
        if new {
            self.at.effects.delivered.push(rumor);
        }
        new
    }

    /// Clients are no longer shown a rumor that this node delivered; it goes on knowing it,
    /// and a later incarnation that restores it shows it again.
    pub fn withdraw(&mut self, rumor: Rumor) {
        self.at.effects.withdrawn.push(rumor);
    }

    /// Whether this node knows the rumor.
    #[inline]
    #[must_use]
    pub fn has(&self, rumor: Rumor) -> bool {
        self.at.known.contains(self.at.row, rumor)
    }

    /// What this node knows, in the order of the rumors' numbers.
    pub fn known(&self) -> impl Iterator<Item = Rumor> + use<'_, S> {
        self.at.known.of(self.at.row)
    }

    /// How many rumors this node knows.
    #[must_use]
    pub fn known_count(&self) -> u32 {
        self.at.known.count(self.at.row)
    }

    /// A number that is the same on every node for equal rumors, and for no two others but
    /// by chance.
    #[must_use]
    pub fn key(&self, rumor: Rumor) -> u64 {
        self.at.names.key(rumor)
    }

    /// The rumor of this key, if this node heard of it.
    #[must_use]
    pub fn find(&self, key: u64) -> Option<Rumor> {
        self.at.names.find(key)
    }

    /// What can be known of a rumor without asking.
    #[must_use]
    pub fn attributes(&self, rumor: Rumor) -> Attributes {
        self.at.names.attributes(rumor)
    }

    /// Sends a message to one peer.
    #[inline]
    pub fn send(&mut self, dest: Peer, message: S::Message) {
        self.send_to([dest], message);
    }

    /// Sends a message to these peers.
    #[inline]
    pub fn send_to(&mut self, dests: impl IntoIterator<Item = Peer>, message: S::Message) {
        let first = self.at.effects.dests.len();
        self.at.effects.dests.extend(dests);
        self.at.effects.close(first, message);
    }

    /// Sends a message to all of `among`, but not to `except`.
    #[inline]
    pub fn tell(&mut self, among: Neighbours, except: Option<Peer>, message: S::Message) {
        let all = among.iter().filter(|&peer| Some(peer) != except);
        self.send_to(all, message);
    }

    /// Sends a message to `count` different ones of `among` drawn at random, to all of them
    /// if there are no more; never to `except`.
    #[inline]
    pub fn tell_some(
        &mut self,
        among: Neighbours,
        count: u32,
        except: Option<Peer>,
        message: S::Message,
    ) {
        let Surroundings {
            effects,
            rng,
            scratch,
            ..
        } = &mut self.at;
        let first = effects.dests.len();
        sample::distinct(among, count, except, rng, scratch, &mut effects.dests);
        effects.close(first, message);
    }

    /// Sends a message to each of `among` with this probability, never to `except`.
    #[inline]
    pub fn tell_each(
        &mut self,
        among: Neighbours,
        probability: f64,
        except: Option<Peer>,
        message: S::Message,
    ) {
        let Surroundings { effects, rng, .. } = &mut self.at;
        let first = effects.dests.len();
        sample::bernoulli(among, probability, except, rng, &mut effects.dests);
        effects.close(first, message);
    }

    /// One of `among`, drawn at random.
    #[inline]
    pub fn pick(&mut self, among: Neighbours) -> Option<Peer> {
        let len = among.len();
        (len > 0).then(|| among.get(sample::below(self.at.rng, len)))
    }

    /// `count` different ones of `among`, drawn at random; all of them if there are no more.
    pub fn pick_some(&mut self, among: Neighbours, count: u32) -> Vec<Peer> {
        let mut peers = Vec::new();
        let Surroundings { rng, scratch, .. } = &mut self.at;
        sample::distinct(among, count, None, rng, scratch, &mut peers);
        peers
    }

    /// `count` different ones of `among` that are not in `excluded`, which is ascending;
    /// drawn at random, all of those if there are no more.
    pub fn pick_outside(&mut self, among: Neighbours, count: u32, excluded: &[Peer]) -> Vec<Peer> {
        let mut peers = Vec::new();
        let Surroundings { rng, scratch, .. } = &mut self.at;
        sample::outside(among, count, excluded, rng, scratch, &mut peers);
        peers
    }

    /// Asks for a call of [`Strategy::on_timer`] with `tag` after this time.
    pub fn set_timer(&mut self, after: Duration, tag: Tag) {
        self.at.effects.timers.push((nanos(after), tag));
    }

    /// Which cycle of this length it is: the time divided by `interval`. Cycles are what
    /// strategies that work in rounds agree upon without a word; they are in step where
    /// nodes' times are, so in simulation, and not between processes.
    #[must_use]
    pub fn cycle(&self, interval: Duration) -> u64 {
        self.at.now.nanos() / nanos(interval).max(1)
    }

    /// Asks for a call of [`Strategy::on_timer`] with `tag` at the start of the next
    /// [cycle](Context::cycle) of this length.
    pub fn set_cycle_timer(&mut self, interval: Duration, tag: Tag) {
        let nanos = nanos(interval).max(1);
        let left = nanos - self.at.now.nanos() % nanos;
        self.at.effects.timers.push((left, tag));
    }

    /// Stores a record that survives a kill: what is sent from this handler or a later one
    /// is sent after it is stored.
    pub fn store(&mut self, record: S::Record) {
        self.at.effects.records.push(record);
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
