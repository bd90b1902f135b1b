//! Nodes with one flaw each, which checkers must find. Never a model for anything.
//!
//! Each is a sound node with something in front of it or behind it:
//!
//! ```text
//!   message ──► before: may swallow or answer ──► sound node ──► after: may drop effects
//! ```

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

use super::counter::Counter;
use super::echo::Echo;
use super::unique_ids::UniqueIds;
use super::values::Values;
use super::wire;
use crate::node::{Context, Effect, Node, Timer};
use crate::protocol::{Body, Message, NodeId};
use crate::strategies::flood;
use crate::strategies::hierarchy::Leader;
use crate::strategy::Spread;

/// The sound node that most flaws are in.
type Flood = Spread<flood::Flood>;

/// The sound node that stores.
type Retry = Spread<flood::Retry>;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    msg_id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "wire::present")]
    message: Option<&'a RawValue>,
}

/// Leaves everything but `receive` to the sound node in this field.
macro_rules! sound_apart_from_receive {
    ($sound:tt) => {
        fn init(&mut self, members: &[NodeId], cx: &mut Context) {
            self.$sound.init(members, cx);
        }

        fn timeout(&mut self, timer: Timer, cx: &mut Context) {
            self.$sound.timeout(timer, cx);
        }
    };
}

/// Drops the effects of which `wanted` says no.
fn keep(cx: &mut Context, mut wanted: impl FnMut(&Effect, &[NodeId]) -> bool) {
    let Context {
        effects, members, ..
    } = cx;
    effects.retain(|effect| wanted(effect, members));
}

fn to_member(effect: &Effect, members: &[NodeId]) -> bool {
    matches!(effect, Effect::Send { dest, .. } if members.contains(dest))
}

/// Leaves the message to the sound node, but has a read show the values as `alter`
/// leaves them.
fn receive_showing(
    alter: impl FnOnce(&mut Vec<&str>),
    sound: &mut Flood,
    message: &Message,
    cx: &mut Context,
) {
    match message.body.parse::<Request>() {
        Ok(request) if request.kind == "read" => {
            let values = sound.values();
            let mut shown = (0..values.len()).map(|index| values.text(index)).collect();
            alter(&mut shown);
            wire::list(cx, message, request.msg_id, "messages", &shown.join(","));
        }
        _ => sound.receive(message, cx),
    }
}

/// Acknowledges broadcasts and tells nobody.
#[derive(Debug, Default)]
pub struct NeverGossip(Flood);

impl Node for NeverGossip {
    sound_apart_from_receive!(0);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        self.0.receive(message, cx);
        keep(cx, |effect, members| !to_member(effect, members));
    }
}

/// Tells everybody but the first node of the cluster, usually `n0`.
#[derive(Debug, Default)]
pub struct SkipsFirst(Flood);

impl Node for SkipsFirst {
    sound_apart_from_receive!(0);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        self.0.receive(message, cx);
        keep(
            cx,
            |effect, members| !matches!(effect, Effect::Send { dest, .. } if members.first() == Some(dest)),
        );
    }
}

/// Tells everybody what a client gives it, whomever it is meant for.
#[derive(Debug)]
pub struct Leaks(pub Spread<Leader>);

impl Node for Leaks {
    sound_apart_from_receive!(0);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        self.0.receive(message, cx);
        let client = !cx.members().contains(&message.src);
        if let Ok(request) = message.body.parse::<Request>()
            && let Some(value) = request.message.filter(|_| client)
        {
            let text = format!(r#"{{"type":"gossip","messages":[{value}]}}"#);
            let body = Body::from_json(text.into());
            for other in cx.members().to_vec() {
                cx.send_body(&other, body.clone());
            }
        }
    }
}

/// Never tells the second node of the cluster, usually `n1`, anything.
#[derive(Debug)]
pub struct SkipsSecond(pub Spread<Leader>);

impl SkipsSecond {
    fn skip(cx: &mut Context) {
        keep(
            cx,
            |effect, members| !matches!(effect, Effect::Send { dest, .. } if members.get(1) == Some(dest)),
        );
    }
}

impl Node for SkipsSecond {
    fn init(&mut self, members: &[NodeId], cx: &mut Context) {
        self.0.init(members, cx);
        SkipsSecond::skip(cx);
    }

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        self.0.receive(message, cx);
        SkipsSecond::skip(cx);
    }

    fn timeout(&mut self, timer: Timer, cx: &mut Context) {
        self.0.timeout(timer, cx);
        SkipsSecond::skip(cx);
    }
}

/// Acknowledges without storing: a kill loses what it acknowledged.
#[derive(Debug, Default)]
pub struct ForgetsOnKill(Retry);

impl Node for ForgetsOnKill {
    sound_apart_from_receive!(0);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        self.0.receive(message, cx);
        keep(cx, |effect, _| !matches!(effect, Effect::Store(_)));
    }
}

/// Lists every value twice in its reads.
#[derive(Debug, Default)]
pub struct DuplicateReads(Flood);

impl Node for DuplicateReads {
    sound_apart_from_receive!(0);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let twice = |shown: &mut Vec<&str>| shown.extend_from_within(..);
        receive_showing(twice, &mut self.0, message, cx);
    }
}

/// Does not hear every seventh value that peers tell, however often they do.
#[derive(Debug, Default)]
pub struct DropsEvery7th {
    flood: Flood,
    told: u64,
    unheard: Values,
}

impl Node for DropsEvery7th {
    sound_apart_from_receive!(flood);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        if let Ok(Request {
            kind,
            message: Some(value),
            msg_id: None,
        }) = message.body.parse()
            && kind == "broadcast"
            && self.flood.values().find(value.get()).is_none()
        {
            if self.unheard.find(value.get()).is_some() {
                return;
            }
            self.told += 1;
            if self.told.is_multiple_of(7) {
                self.unheard.insert(value.get());
                return;
            }
        }
        self.flood.receive(message, cx);
    }
}

/// Shows in its reads a value that nobody sent.
#[derive(Debug, Default)]
pub struct InventsValue(Flood);

impl Node for InventsValue {
    sound_apart_from_receive!(0);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let invent = |shown: &mut Vec<&str>| shown.push("987654321");
        receive_showing(invent, &mut self.0, message, cx);
    }
}

/// Leaves the first value out of every third read.
#[derive(Debug, Default)]
pub struct ForgetsInReads {
    flood: Flood,
    reads: u64,
}

impl Node for ForgetsInReads {
    sound_apart_from_receive!(flood);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        let forget = |shown: &mut Vec<&str>| {
            self.reads += 1;
            if self.reads.is_multiple_of(3) {
                shown.drain(..shown.len().min(1));
            }
        };
        receive_showing(forget, &mut self.flood, message, cx);
    }
}

/// Gives out the id of the request before to every tenth request.
#[derive(Debug, Default)]
pub struct ReusesIds {
    ids: UniqueIds,
    requests: u64,
    last: String,
}

#[derive(Deserialize)]
struct Generated {
    id: String,
}

impl Node for ReusesIds {
    sound_apart_from_receive!(ids);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        if let Ok(request) = message.body.parse::<Request>()
            && request.kind == "generate"
        {
            self.requests += 1;
            if self.requests.is_multiple_of(10) {
                let pieces = ["{\"type\":\"generate_ok\",\"id\":\"", &self.last, "\""];
                return wire::reply(cx, message, request.msg_id, &pieces);
            }
        }
        self.ids.receive(message, cx);
        if let Some(Effect::Send { body, .. }) = cx.effects.last()
            && let Ok(generated) = body.parse::<Generated>()
        {
            self.last = generated.id;
        }
    }
}

/// Acknowledges every fifth add and does not count it.
#[derive(Debug)]
pub struct LosesAdd {
    counter: Counter,
    adds: u64,
}

impl LosesAdd {
    /// A flaw in front of this counter.
    #[must_use]
    pub fn new(counter: Counter) -> LosesAdd {
        LosesAdd { counter, adds: 0 }
    }
}

impl Node for LosesAdd {
    sound_apart_from_receive!(counter);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        if let Ok(request) = message.body.parse::<Request>()
            && request.kind == "add"
        {
            self.adds += 1;
            if self.adds.is_multiple_of(5) {
                return wire::ok(cx, message, request.msg_id, "add_ok");
            }
        }
        self.counter.receive(message, cx);
    }
}

/// Answers every fifth echo with something else.
#[derive(Debug, Default)]
pub struct GarblesEcho {
    echo: Echo,
    requests: u64,
}

impl Node for GarblesEcho {
    sound_apart_from_receive!(echo);

    fn receive(&mut self, message: &Message, cx: &mut Context) {
        self.echo.receive(message, cx);
        self.requests += 1;
        if self.requests.is_multiple_of(5)
            && let Some(Effect::Send { body, .. }) = cx.effects.last_mut()
        {
            let text = String::from_utf8_lossy(body.as_bytes());
            let garbled = text.replacen("\"echo\":", "\"echo\":\"?\",\"said\":", 1);
            *body = Body::from_json(garbled.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::builtin::counter::Sign;
    use crate::testing::{Bench, Cluster, line};

    fn broadcasts(nodes: usize, make: impl Fn() -> Box<dyn Node> + 'static) -> Cluster {
        let mut cluster = Cluster::new(1, nodes, make);
        cluster.topology(&line(nodes));
        for value in 0..30 {
            let acknowledged = cluster.request(
                value % nodes,
                &format!(r#"{{"type":"broadcast","message":{value}}}"#),
            );
            assert!(acknowledged.is_some());
            cluster.run_for(10);
        }
        cluster
    }

    #[test]
    fn never_gossip_keeps_what_it_acknowledged_to_itself() {
        let mut cluster = broadcasts(3, || Box::new(NeverGossip::default()));
        assert_eq!(cluster.sent_between_nodes(), 0);
        assert_eq!(cluster.read(1, "messages").len(), 10);
    }

    #[test]
    fn skips_first_leaves_n0_alone_ignorant() {
        let mut cluster = broadcasts(3, || Box::new(SkipsFirst::default()));
        assert_eq!(cluster.read(0, "messages").len(), 10);
        assert_eq!(cluster.read(1, "messages").len(), 30);
        assert_eq!(cluster.read(2, "messages").len(), 30);
    }

    fn leader() -> Spread<Leader> {
        let (_, settings) = crate::registry::settings("leader").unwrap();
        Spread::new(<Leader as crate::strategy::Strategy>::configure(&settings).unwrap())
    }

    #[test]
    fn leaks_tells_a_node_of_another_team_what_is_for_its_own() {
        for (leaky, shown) in [(false, 0), (true, 1)] {
            let mut cluster = Cluster::new(1, 5, move || match leaky {
                false => Box::new(leader()),
                true => Box::new(Leaks(leader())),
            });
            let value = r#"{"id":0,"sensitivity":"team"}"#;
            cluster.request(0, &format!(r#"{{"type":"broadcast","message":{value}}}"#));
            cluster.run_for(5000);
            let list = |value: serde_json::Value| value.as_array().unwrap().len();
            assert_eq!(list(cluster.read_value(2, "messages")), 1);
            assert_eq!(list(cluster.read_value(4, "messages")), shown);
        }
    }

    #[test]
    fn skips_second_leaves_n1_alone_ignorant() {
        let mut cluster = broadcasts(5, || Box::new(SkipsSecond(leader())));
        cluster.run_for(5000);
        assert_eq!(cluster.read(1, "messages").len(), 6);
        assert_eq!(cluster.read(4, "messages").len(), 30);
    }

    #[test]
    fn forgets_on_kill_is_sound_until_it_is_killed() {
        let mut cluster = broadcasts(3, || Box::new(ForgetsOnKill::default()));
        cluster.run_for(10_000);
        assert_eq!(cluster.read(2, "messages").len(), 30);
        cluster.restart(2, false);
        assert_eq!(cluster.read(2, "messages").len(), 0);
    }

    #[test]
    fn duplicate_reads_show_everything_twice() {
        let mut cluster = broadcasts(2, || Box::new(DuplicateReads::default()));
        assert_eq!(cluster.read(1, "messages").len(), 60);
    }

    #[test]
    fn drops_every_7th_never_shows_some_values() {
        let mut cluster = broadcasts(2, || Box::new(DropsEvery7th::default()));
        // 15 values of the other node each, two of which are a seventh.
        assert_eq!(cluster.read(0, "messages").len(), 28);
        assert_eq!(cluster.read(1, "messages").len(), 28);
    }

    #[test]
    fn invents_value_shows_what_nobody_sent() {
        let mut cluster = broadcasts(2, || Box::new(InventsValue::default()));
        assert!(cluster.read(1, "messages").contains(&987_654_321));
    }

    #[test]
    fn forgets_in_reads_does_not_keep_showing_a_value() {
        let mut cluster = broadcasts(2, || Box::new(ForgetsInReads::default()));
        let shown: Vec<usize> = (0..6).map(|_| cluster.read(1, "messages").len()).collect();
        assert_eq!(shown, [30, 30, 29, 30, 30, 29]);
    }

    #[test]
    fn reuses_ids_gives_out_an_id_twice() {
        let mut node = Bench::new(ReusesIds::default());
        let generate = r#"{"type":"generate","msg_id":1}"#;
        let ids: BTreeSet<String> = (0..30)
            .map(|_| node.receive("c1", generate).remove(0))
            .collect();
        assert_eq!(ids.len(), 27);
    }

    #[test]
    fn loses_add_counts_four_of_five() {
        let counter = Counter::new(Sign::Any, Duration::from_millis(100));
        let mut node = Bench::new(LosesAdd::new(counter));
        for _ in 0..10 {
            let sent = node.receive("c1", r#"{"type":"add","delta":1,"msg_id":1}"#);
            assert!(sent.last().unwrap().contains("add_ok"));
        }
        let read = node.receive("c1", r#"{"type":"read","msg_id":1}"#);
        assert!(read[0].contains(r#""value":8"#), "{read:?}");
    }

    #[test]
    fn garbles_echo_says_something_else_sometimes() {
        let mut node = Bench::new(GarblesEcho::default());
        let echo = r#"{"type":"echo","echo":"hi","msg_id":1}"#;
        let wrong = (0..10)
            .filter(|_| node.receive("c1", echo)[0].contains(r#""echo":"?""#))
            .count();
        assert_eq!(wrong, 2);
    }
}
