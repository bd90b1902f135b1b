//! Broadcasts by random sampling on turmoil: a host per node, datagrams between them.
//!
//!     turmoil-gossip NODES FANOUT TRIALS
//!
//! Prints CPU seconds, messages delivered, and peak memory in kilobytes, like the other
//! yardsticks. All trials share one simulation, a rumor every millisecond, so that what
//! it costs to build hosts and to let time pass is spread over many messages. Latency is
//! turmoil's own, exponential with a mean of 20 ms, at most 100; a tick is 1 ms.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use turmoil::net::UdpSocket;

const PORT: u16 = 9000;

/// What all hosts of a trial share.
#[derive(Default)]
struct Count {
    started: Cell<usize>,
    messages: Cell<usize>,
    reached: Cell<usize>,
}

async fn tell(
    socket: &UdpSocket,
    rng: &mut StdRng,
    rumor: usize,
    names: &[String],
    me: usize,
    fanout: usize,
) -> turmoil::Result {
    let mut told: Vec<usize> = Vec::with_capacity(fanout);
    while told.len() < fanout {
        let peer = rng.random_range(0..names.len());
        if peer != me && !told.contains(&peer) {
            told.push(peer);
            let dest = (names[peer].as_str(), PORT);
            socket.send_to(&rumor.to_le_bytes(), dest).await?;
        }
    }
    Ok(())
}

/// A node; the first one starts the rumors.
async fn host(
    me: usize,
    names: Rc<Vec<String>>,
    fanout: usize,
    trials: usize,
    count: Rc<Count>,
) -> turmoil::Result {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    let mut rng = StdRng::seed_from_u64(me as u64);
    let mut known = vec![false; trials];
    let mut started = if me == 0 { 0 } else { trials };
    let mut clock = tokio::time::interval(Duration::from_millis(1));
    clock.tick().await;
    let mut buffer = [0; 8];
    loop {
        let rumor = tokio::select! {
            received = socket.recv_from(&mut buffer) => {
                received?;
                count.messages.set(count.messages.get() + 1);
                usize::from_le_bytes(buffer)
            }
            _ = clock.tick(), if started < trials => {
                started += 1;
                started - 1
            }
        };
        if !std::mem::replace(&mut known[rumor], true) {
            count.reached.set(count.reached.get() + 1);
            if me == 0 {
                count.started.set(started);
            }
            tell(&socket, &mut rng, rumor, &names, me, fanout).await?;
        }
    }
}

/// Lets all rumors spread; returns how many messages that took.
fn run(nodes: usize, fanout: usize, trials: usize) -> usize {
    let mut sim = turmoil::Builder::new()
        .rng_seed(1)
        .simulation_duration(Duration::from_secs(3600))
        .min_message_latency(Duration::ZERO)
        .udp_capacity(1 << 16)
        .build();
    let count = Rc::new(Count::default());
    let names: Rc<Vec<String>> = Rc::new((0..nodes).map(|node| format!("n{node}")).collect());
    for (me, name) in names.iter().enumerate() {
        let (count, names) = (count.clone(), names.clone());
        sim.host(name.as_str(), move || {
            host(me, names.clone(), fanout, trials, count.clone())
        });
    }
    loop {
        sim.step().expect("no host fails");
        let messages = count.messages.get();
        if count.started.get() == trials && messages == count.reached.get() * fanout {
            return messages;
        }
    }
}

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .map(|text| text.parse().expect("a number"))
        .collect();
    let messages = run(numbers[0], numbers[1], numbers[2]);
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks: u64 =
        fields[11].parse::<u64>().expect("a number") + fields[12].parse::<u64>().expect("a number");
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or("0 kB");
    println!(
        "{} {messages} {}",
        ticks as f64 / 100.0,
        peak.trim().trim_end_matches(" kB")
    );
}
