//! What a message costs in the network: `cargo run --release --example network_bench`.
//!
//! Sends messages at even intervals, so that the latency keeps a number of them in
//! flight, polls and asks for the next deadline after each, and prints nanoseconds
//! per message, all three together. Turns are short and the best one counts, so that
//! other work on the machine disturbs little.

#![allow(clippy::disallowed_methods)] // A benchmark reads the clock.

use std::time::{Duration, Instant};

use swelkie::network::{
    Arrival, Endpoint, EndpointSet, FaultId, Latency, Layout, LinkFault, Links, Network, Packet,
    Settings,
};
use swelkie_nodes::{Seed, Time};

const MESSAGES: u64 = 50_000;
const TURNS: u32 = 80;
const NODES: u32 = 5;
const LAYOUT: Layout = Layout {
    nodes: NODES,
    services: 4,
};
const MEAN: Duration = Duration::from_millis(100);

/// As large as a payload of the engine: three words of body, some headers.
#[derive(Clone, Copy)]
struct Payload([u64; 4]);

fn network(latency: Latency) -> Network<Payload> {
    let client_latency = Latency::ZERO;
    let settings = Settings {
        layout: LAYOUT,
        latency,
        client_latency,
    };
    Network::new(settings, Seed(7))
}

/// One send and what arrives meanwhile, `MESSAGES` times, then the same again: the
/// nanoseconds per message of the best turn, with about `in_flight` on their way.
fn report(name: &str, in_flight: u64, mut network: Network<Payload>) {
    // In flight = mean latency / interval.
    let interval = MEAN.as_nanos() as u64 / in_flight;
    let (mut id, mut sum) = (0, 0);
    let mut run = |messages: u64| {
        for _ in 0..messages {
            id += 1;
            let now = Time(id * interval);
            let src = Endpoint((id % u64::from(NODES)) as u32);
            let dest = Endpoint((id / 7 % u64::from(NODES)) as u32);
            let payload = Payload([id; 4]);
            let size = 60;
            network.send(
                now,
                Packet {
                    id,
                    src,
                    dest,
                    size,
                    payload,
                },
            );
            while let Some(arrival) = network.poll(now) {
                let (Arrival::Delivered { packet, .. } | Arrival::Cut { packet, .. }) = arrival;
                sum ^= packet.payload.0[3];
            }
            sum ^= network.next_deadline().map_or(0, Time::nanos);
        }
    };
    run(8 * in_flight);
    let turns = (0..TURNS).map(|_| {
        let start = Instant::now();
        run(MESSAGES);
        start.elapsed().as_nanos() as f64 / MESSAGES as f64
    });
    let best = turns.fold(f64::INFINITY, f64::min);
    println!("{name:<26} {in_flight:>9} in flight {best:>7.1} ns/message");
    std::hint::black_box(sum);
}

fn partition() -> Links {
    let mut one = EndpointSet::empty(LAYOUT);
    let mut others = EndpointSet::empty(LAYOUT);
    one.insert(Endpoint(0));
    (1..NODES).for_each(|node| others.insert(Endpoint(node)));
    Links::Both(one, others)
}

fn with(fault: LinkFault, links: Links) -> Network<Payload> {
    let mut network = network(Latency::exponential(MEAN));
    network.begin(Time::ZERO, FaultId(0), links, fault);
    network
}

fn main() {
    let all = || Links::Both(EndpointSet::nodes(LAYOUT), EndpointSet::nodes(LAYOUT));
    for in_flight in [100, 1_000, 10_000, 100_000, 1_000_000] {
        report("constant", in_flight, network(Latency::constant(MEAN)));
        report(
            "exponential",
            in_flight,
            network(Latency::exponential(MEAN)),
        );
        report(
            "exponential, partition n0",
            in_flight,
            with(LinkFault::Cut, partition()),
        );
        report(
            "exponential, loss 10%",
            in_flight,
            with(LinkFault::Loss(0.1), all()),
        );
    }
}
