//! Every fault is shown to act, bounded on both sides; then composition, holds,
//! determinism, and a comparison with a naive model.

use std::time::Duration;

use super::*;

mod composition;
mod model;
mod sending;

pub(crate) const LAYOUT: Layout = Layout {
    nodes: 5,
    services: 1,
};
const SERVICE: u32 = 5;
const CLIENT: u32 = 6;
pub(crate) const MS: u64 = 1_000_000;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(millis: u64) -> Time {
    Time(millis * MS)
}

fn set(ends: &[u32]) -> EndpointSet {
    let mut set = EndpointSet::empty(LAYOUT);
    ends.iter().for_each(|&end| set.insert(Endpoint(end)));
    set
}

fn one_way(from: &[u32], to: &[u32]) -> Links {
    Links::Between {
        from: set(from),
        to: set(to),
    }
}

fn between_nodes() -> Links {
    Links::Both(EndpointSet::nodes(LAYOUT), EndpointSet::nodes(LAYOUT))
}

fn network_of(latency: Latency, seed: u64) -> Network<()> {
    let settings = Settings {
        layout: LAYOUT,
        latency,
        client_latency: Latency::ZERO,
    };
    Network::new(settings, Seed(seed))
}

/// Nodes and services 10 ms apart, clients at no distance.
fn network() -> Network<()> {
    network_of(Latency::constant(ms(10)), 7)
}

fn packet(id: u64, src: u32, dest: u32) -> Packet<()> {
    sized(id, src, dest, 100)
}

fn sized(id: u64, src: u32, dest: u32, size: u32) -> Packet<()> {
    let (src, dest) = (Endpoint(src), Endpoint(dest));
    Packet {
        id,
        src,
        dest,
        size,
        payload: (),
    }
}

/// What arrives until `now`: (id, due) of what is delivered.
fn delivered(network: &mut Network<()>, now: Time) -> Vec<(u64, Time)> {
    let arrivals = std::iter::from_fn(|| network.poll(now));
    let delivered = arrivals.filter_map(|arrival| match arrival {
        Arrival::Delivered { packet, due } => Some((packet.id, due)),
        Arrival::Cut { .. } => None,
    });
    delivered.collect()
}

/// Ids only.
fn ids(network: &mut Network<()>, now: Time) -> Vec<u64> {
    let delivered = delivered(network, now);
    delivered.into_iter().map(|(id, _)| id).collect()
}

/// What a cut drops until `now`, with the cut; what is delivered is a failure.
fn cut_off(network: &mut Network<()>, now: Time) -> Vec<(u64, FaultId)> {
    let arrivals = std::iter::from_fn(|| network.poll(now));
    let cut = arrivals.map(|arrival| match arrival {
        Arrival::Cut { packet, fault } => (packet.id, fault),
        Arrival::Delivered { packet, .. } => panic!("message {} was delivered", packet.id),
    });
    cut.collect()
}

/// `count` messages round the node links, one per microsecond from `start` on.
fn send_many(network: &mut Network<()>, start: Time, count: u64) -> Vec<Sent> {
    let send = |id| {
        let src = (id % 5) as u32;
        let dest = (src + 1 + (id / 5 % 4) as u32) % 5;
        network.send(Time(start.0 + id * 1000), packet(id, src, dest))
    };
    (0..count).map(send).collect()
}

/// Whether `hits` of `trials` is what probability `p` gives, within 5 sigma.
fn assert_share(what: &str, hits: u64, trials: u64, p: f64) {
    let sigma = (trials as f64 * p * (1.0 - p)).sqrt();
    let off = hits as f64 - trials as f64 * p;
    assert!(
        off.abs() < 5.0 * sigma,
        "{what}: {hits} of {trials}, expected {p}"
    );
}

#[test]
fn a_message_takes_its_latency_and_not_longer() {
    let mut network = network();
    network.send(at(1), packet(1, 0, 1));
    assert_eq!(network.next_deadline(), Some(at(11)));
    assert_eq!(network.poll(Time(11 * MS - 1)), None);
    assert_eq!(delivered(&mut network, at(12)), [(1, at(11))]);
    assert_eq!(network.next_deadline(), None);
}

#[test]
fn client_links_have_a_latency_of_their_own_and_service_links_the_networks() {
    let mut network = network();
    network.send(at(0), packet(1, 0, CLIENT));
    network.send(at(0), packet(2, CLIENT + 40, 0));
    network.send(at(0), packet(3, 0, SERVICE));
    network.send(at(0), packet(4, 2, 2));
    let arrivals = delivered(&mut network, at(100));
    assert_eq!(arrivals, [(1, at(0)), (2, at(0)), (3, at(10)), (4, at(10))]);
}

#[test]
fn messages_due_together_arrive_in_the_order_they_were_sent() {
    let mut network = network_of(Latency::ZERO, 7);
    (0..100).for_each(|id| {
        network.send(at(5), packet(id, 0, 1));
    });
    assert_eq!(ids(&mut network, at(5)), (0..100).collect::<Vec<_>>());
}

#[test]
fn jitter_reorders() {
    let mut network = network_of(Latency::exponential(ms(10)), 7);
    (0..1000).for_each(|id| {
        network.send(Time(id * MS), packet(id, 0, 1));
    });
    let arrivals = delivered(&mut network, Time::MAX);
    assert!(arrivals.is_sorted_by_key(|&(_, due)| due));
    let overtaken = arrivals
        .windows(2)
        .filter(|pair| pair[0].0 > pair[1].0)
        .count();
    assert!((200..800).contains(&overtaken), "{overtaken} of 1000");
}

#[test]
fn the_same_seed_gives_the_same_arrivals_and_another_seed_others() {
    let run = |seed| {
        let mut network = network_of(Latency::exponential(ms(10)), seed);
        let faults = [
            LinkFault::Loss(0.1),
            LinkFault::Duplicate(0.1),
            LinkFault::Delay(Latency::exponential(ms(5))),
        ];
        for (id, fault) in (0..).zip(faults) {
            network.begin(at(0), FaultId(id), between_nodes(), fault);
        }
        send_many(&mut network, at(0), 2000);
        delivered(&mut network, Time::MAX)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn what_is_in_flight_is_counted_and_handed_out_at_the_end() {
    let mut network = network();
    network.begin(at(0), FaultId(0), one_way(&[0], &[1]), LinkFault::Hold);
    network.send(at(0), sized(1, 0, 1, 10));
    network.send(at(1), sized(2, 1, 0, 20));
    network.send(at(1), sized(3, CLIENT, 0, 40));
    network.send(at(5), sized(4, 1, 0, 80));
    let counts = |messages, bytes| InFlight { messages, bytes };
    assert_eq!(network.in_flight(), counts(4, 150));
    assert_eq!(ids(&mut network, at(11)), [3, 2]);
    assert_eq!(network.in_flight(), counts(2, 90));
    let rest = network.drain();
    let rest: Vec<(Time, u64)> = rest.iter().map(|(due, packet)| (*due, packet.id)).collect();
    assert_eq!(rest, [(at(10), 1), (at(15), 4)]);
    assert_eq!(network.in_flight(), counts(0, 0));
    assert_eq!(network.next_deadline(), None);
}

#[test]
fn a_cut_both_ways_drops_what_crosses_it_and_nothing_else() {
    let mut network = network();
    let cut = FaultId(3);
    network.begin(
        at(0),
        cut,
        Links::Both(set(&[0]), set(&[1, 2])),
        LinkFault::Cut,
    );
    for (id, (src, dest)) in [
        (0, 1),
        (2, 0),
        (1, 2),
        (0, 3),
        (0, SERVICE),
        (0, CLIENT),
        (0, 0),
    ]
    .into_iter()
    .enumerate()
    {
        network.send(at(0), packet(id as u64, src, dest));
    }
    let (mut passed, mut dropped) = (Vec::new(), Vec::new());
    while let Some(arrival) = network.poll(at(10)) {
        match arrival {
            Arrival::Delivered { packet, .. } => passed.push(packet.id),
            Arrival::Cut { packet, fault } => dropped.push((packet.id, fault)),
        }
    }
    assert_eq!(passed, [5, 2, 3, 4, 6]);
    assert_eq!(dropped, [(0, cut), (1, cut)]);
    assert_eq!(network.touched(cut), 2);
    assert_eq!(network.in_flight(), InFlight::default());
}

#[test]
fn a_cut_one_way_lets_the_other_way_through() {
    let mut network = network();
    network.begin(at(0), FaultId(0), one_way(&[0], &[1]), LinkFault::Cut);
    network.send(at(0), packet(1, 0, 1));
    network.send(at(0), packet(2, 1, 0));
    assert_eq!(ids(&mut network, at(10)), [2]);
    assert_eq!(network.touched(FaultId(0)), 1);
}

#[test]
fn a_cut_is_tested_at_delivery_not_when_a_message_is_sent() {
    let mut network = network();
    network.send(at(0), packet(1, 0, 1)); // due at 10, before the cut
    network.send(at(2), packet(2, 0, 1)); // due at 12, during it
    assert_eq!(ids(&mut network, at(11)), [1]);
    network.begin(at(11), FaultId(0), between_nodes(), LinkFault::Cut);
    network.send(at(12), packet(3, 0, 1)); // due at 22, after it
    assert_eq!(cut_off(&mut network, at(20)), [(2, FaultId(0))]);
    assert!(network.end(at(20), FaultId(0)));
    assert_eq!(ids(&mut network, at(22)), [3]);
}

#[test]
fn clients_and_services_are_cut_off_only_if_the_fault_names_them() {
    let mut network = network();
    let others = set(&[SERVICE, CLIENT]);
    network.begin(
        at(0),
        FaultId(0),
        Links::Both(set(&[0]), others),
        LinkFault::Cut,
    );
    network.send(at(0), packet(1, 0, CLIENT + 9));
    network.send(at(0), packet(2, CLIENT, 0));
    network.send(at(0), packet(3, SERVICE, 0));
    let cut = FaultId(0);
    assert_eq!(
        cut_off(&mut network, at(10)),
        [(1, cut), (2, cut), (3, cut)]
    );
    network.send(at(10), packet(4, 1, CLIENT));
    assert_eq!(ids(&mut network, at(10)), [4]);
}

#[test]
fn a_hold_releases_in_order_at_the_end_and_never_before_a_message_is_due() {
    let mut network = network();
    network.begin(at(0), FaultId(0), one_way(&[0], &[1]), LinkFault::Hold);
    network.begin(
        at(0),
        FaultId(1),
        one_way(&[0], &[2]),
        LinkFault::Delay(Latency::constant(ms(3))),
    );
    network.send(at(0), packet(1, 0, 2)); // due at 13, not held
    network.send(at(1), packet(2, 0, 1)); // due at 11
    network.send(at(2), packet(3, 0, 1)); // due at 12
    network.send(at(19), packet(4, 0, 1)); // due at 29, after the hold
    assert_eq!(delivered(&mut network, at(20)), [(1, at(13))]);
    assert_eq!(network.touched(FaultId(0)), 2);
    assert!(network.end(at(20), FaultId(0)));
    assert_eq!(network.next_deadline(), Some(at(20)));
    assert_eq!(delivered(&mut network, at(20)), [(2, at(20)), (3, at(20))]);
    assert_eq!(delivered(&mut network, at(40)), [(4, at(29))]);
}

#[test]
fn released_messages_keep_the_order_of_their_due_times_not_of_sending() {
    let mut network = network();
    let slow = LinkFault::Delay(Latency::constant(ms(5)));
    network.begin(at(0), FaultId(0), between_nodes(), LinkFault::Hold);
    network.begin(at(0), FaultId(1), one_way(&[0], &[1]), slow);
    network.send(at(0), packet(1, 0, 1)); // due at 15
    network.send(at(1), packet(2, 0, 2)); // due at 11
    network.send(at(20), packet(3, CLIENT, 0)); // due at 20 like the released ones
    assert_eq!(network.poll(at(19)), None);
    network.end(at(20), FaultId(0));
    assert_eq!(ids(&mut network, at(20)), [2, 1, 3]);
}
