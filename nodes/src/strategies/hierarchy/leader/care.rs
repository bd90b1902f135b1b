//! Who is there: retries, deadlines, suspicions, and asking after those who are missed.

use super::link::Link;
use super::{Config, Fresh, Leader, Said, organisation};
use crate::node::Time;
use crate::strategy::{Context, Peer, Priority, Tag};

/// While a peer is suspected the time between pings grows up to so many times `retry`.
const SLOWEST: u32 = 4;

impl Leader {
    /// A peer said something: it is there.
    pub(super) fn meet(&mut self, peer: Peer, cx: &mut Context<Self>) {
        let link = self.links.entry(peer).or_default();
        link.alive(cx.now(), cx.config().patience);
        if self.suspected.remove(&peer) {
            link.ask = None;
            let missed = self.links[&peer].unacknowledged();
            self.tell(Fresh::from([(peer, missed)]), cx);
            self.reconsider(cx);
        }
    }

    /// A peer does not answer. It is asked until it does.
    fn suspect(&mut self, peer: Peer, cx: &mut Context<Self>) {
        self.suspected.insert(peer);
        let (now, retry) = (cx.now(), cx.config().retry);
        let link = self.links.entry(peer).or_default();
        link.pause = retry;
        link.ask = Some(now + retry);
        arm(link, peer, now + retry, cx);
        cx.send(peer, Said::Ping);
        self.reconsider(cx);
    }

    /// Somebody suspects these peers. If one of them leads this node, which has not heard
    /// from it lately either, it is given a last chance.
    pub(super) fn hear_of_suspects(&mut self, suspected: &[Peer], cx: &mut Context<Self>) {
        let (me, now, organisation) = (cx.id(), cx.now(), organisation(cx));
        let Config {
            retry, patience, ..
        } = *cx.config();
        for &peer in suspected.iter().filter(|&&peer| peer != me) {
            let mut levels = 1..=organisation.depth();
            let leads = levels.any(|level| self.leader(organisation.unit(me, level)) == peer);
            let link = self.links.entry(peer).or_default();
            let lately = link.heard.is_some_and(|heard| now < heard + patience);
            if leads && !lately && !self.suspected.contains(&peer) {
                let last = now + retry;
                link.deadline = Some(link.deadline.map_or(last, |deadline| deadline.min(last)));
                arm(link, peer, last, cx);
                cx.send(peer, Said::Ping);
            }
        }
    }

    /// A peer stored these rumors. If it is to pass any on it is asked once, a while
    /// later, whether it is still there to do so.
    pub(super) fn acknowledged(&mut self, peer: Peer, keys: &[u64], cx: &mut Context<Self>) {
        let me = cx.id();
        let team = organisation(cx).unit(me, 1);
        let passes_on = !(team.contains(peer) && self.leader(team) == me);
        let now = cx.now();
        let Config {
            patience, watch, ..
        } = *cx.config();
        let link = self.links.entry(peer).or_default();
        let mut handed_on = false;
        for rumor in keys.iter().filter_map(|&key| cx.find(key)) {
            link.has(rumor);
            handed_on |= passes_on && cx.attributes(rumor).priority != Priority::Urgent;
        }
        link.alive(now, patience);
        if handed_on {
            link.ask = Some(now + watch);
            arm(link, peer, now + watch, cx);
        }
    }

    /// The time to look after a peer.
    pub(super) fn look_after(&mut self, peer: Peer, cx: &mut Context<Self>) {
        let now = cx.now();
        let Config {
            retry, patience, ..
        } = *cx.config();
        let Some(link) = self.links.get_mut(&peer) else {
            return;
        };
        if link.armed.is_none_or(|at| now < at) {
            return;
        }
        link.armed = None;
        let suspected = self.suspected.contains(&peer);
        if link.ask.is_some_and(|at| at <= now) {
            cx.send(peer, Said::Ping);
            link.pause = (link.pause * 2).min(retry * SLOWEST);
            link.ask = suspected.then(|| now + link.pause);
            link.deadline.get_or_insert(now + patience);
        }
        if !suspected {
            if link.deadline.is_some_and(|at| at <= now) {
                return self.suspect(peer, cx);
            }
            let overdue = link.overdue(now, retry);
            if !overdue.is_empty() {
                self.tell(Fresh::from([(peer, overdue)]), cx);
            }
        }
        let link = self.links.entry(peer).or_default();
        if let Some(at) = link.next(suspected, retry) {
            arm(link, peer, at, cx);
        }
    }
}

/// Sets a timer to look after a peer at this time, if none is set for then or earlier.
pub(super) fn arm(link: &mut Link, peer: Peer, at: Time, cx: &mut Context<Leader>) {
    if link.armed.is_none_or(|armed| at < armed) {
        link.armed = Some(at);
        cx.set_timer(at.since(cx.now()), Tag(peer.0));
    }
}
