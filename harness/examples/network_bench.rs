//! What a message costs in the network: `cargo run --release --example network_bench`.
//!
//! Keeps a number of messages in flight (send one, poll one, advance the time by
//! what keeps that number) and prints nanoseconds per message, send and poll
//! together, the best of five turns.

#![allow(clippy::disallowed_methods)] // A benchmark reads the clock.

use std::time::{Duration, Instant};

use swelkie::network::{
    Arrival, Endpoint, EndpointSet, FaultId, Latency, Layout, LinkFault, Links, Network, Packet, Settings,
};
use swelkie_nodes::{Seed, Time};

const MESSAGES: u64 = 2_000_000;
const NODES: u32 = 5;
const LAYOUT: Layout = Layout { nodes: NODES, services: 4 };
const MEAN: Duration = Duration::from_millis(100);

/// As large as a payload of the engine: three words of body, some headers.
#[derive(Clone, Copy)]
struct Payload([u64; 4]);

fn network(latency: Latency) -> Network<Payload> {
    let client_latency = Latency::ZERO;
    let settings = Settings { layout: LAYOUT, latency, client_latency };
    Network::new(settings, Seed(7))
}

/// Nanoseconds per message, with about `in_flight` of them on their way.
fn turn(network: &mut Network<Payload>, in_flight: u64) -> f64 {
    // In flight = mean latency / interval.
    let interval = MEAN.as_nanos() as u64 / in_flight;
    let mut now = Time::ZERO;
    let mut sum = 0;
    let mut run = |network: &mut Network<Payload>, messages: u64| {
        for id in 0..messages {
            now = Time(now.0 + interval);
            let src = Endpoint((id % u64::from(NODES)) as u32);
            let dest = Endpoint((id / 7 % u64::from(NODES)) as u32);
            let payload = Payload([id; 4]);
            network.send(now, Packet { id, src, dest, size: 60, payload });
            while let Some(arrival) = network.poll(now) {
                let (Arrival::Delivered { packet, .. } | Arrival::Cut { packet, .. }) = arrival;
                sum += packet.payload.0[3];
            }
        }
    };
    run(network, 8 * in_flight);
    let start = Instant::now();
    run(network, MESSAGES);
    let nanos = start.elapsed().as_nanos() as f64 / MESSAGES as f64;
    std::hint::black_box(sum);
    network.drain();
    nanos
}

fn report(name: &str, in_flight: u64, prepare: impl Fn() -> Network<Payload>) {
    let turns = (0..5).map(|_| turn(&mut prepare(), in_flight));
    let best = turns.fold(f64::INFINITY, f64::min);
    println!("{name:<34} {in_flight:>9} in flight {best:>8.1} ns/message");
}

fn partition() -> Links {
    let mut one = EndpointSet::empty(LAYOUT);
    let mut others = EndpointSet::empty(LAYOUT);
    one.insert(Endpoint(0));
    (1..NODES).for_each(|node| others.insert(Endpoint(node)));
    Links::Both(one, others)
}

fn main() {
    let all = || Links::Both(EndpointSet::nodes(LAYOUT), EndpointSet::nodes(LAYOUT));
    for in_flight in [100, 1_000, 10_000, 100_000, 1_000_000] {
        report("constant", in_flight, || network(Latency::constant(MEAN)));
        report("exponential", in_flight, || network(Latency::exponential(MEAN)));
        report("exponential, partition n0", in_flight, || {
            let mut network = network(Latency::exponential(MEAN));
            network.begin(Time::ZERO, FaultId(0), partition(), LinkFault::Cut);
            network
        });
        report("exponential, loss 10%", in_flight, || {
            let mut network = network(Latency::exponential(MEAN));
            network.begin(Time::ZERO, FaultId(0), all(), LinkFault::Loss(0.1));
            network
        });
    }
}
