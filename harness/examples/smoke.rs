use std::time::{Duration, Instant};
use swelkie::engine::*; use swelkie::network::Latency; use swelkie::sim::*; use swelkie_nodes::*;
fn main() {
    let n: usize = std::env::args().nth(1).map_or(5, |a| a.parse().unwrap());
    let rate: f64 = std::env::args().nth(2).map_or(10.0, |a| a.parse().unwrap());
    let journal = std::env::args().nth(3).is_some();
    let names: Vec<NodeId> = (0..n).map(|i| NodeId::from(format!("n{i}"))).collect();
    let seed = Seed(7);
    let topo = swelkie_workloads::topology::Shape::Grid.build(n, &mut seed.fork("t")).unwrap();
    let config = Config { nodes: names.clone(), workload: swelkie_workloads::registry::build("broadcast", &Default::default()).ok().unwrap(),
        topology: Some(topo.body(&names)), services: swelkie::services::all(), seed, time_limit: Duration::from_secs(10), rate: Rate::PerSecond(rate), concurrency: n,
        init_timeout: Duration::from_secs(10), rpc_timeout: Duration::from_secs(5), recovery: Recovery { bound: Duration::from_secs(10), fixed: false },
        network: NetworkConfig { latency: Latency::constant(Duration::from_millis(100)), client_latency: Latency::constant(Duration::ZERO), always: vec![] },
        schedule: Default::default(), wipe: false, spawn_limit: 1000000, journal: JournalConfig { messages: journal, history: journal, body_limit: 1<<30 } };
    let t = Instant::now();
    let mut engine = Engine::new(config);
    let mut make = |_| registry::build("flood").ok().unwrap();
    Simulation::new(&mut engine, &mut make, seed, &names, Limits::default()).run(&mut |e, _| { if e.journal().pending() > 1<<20 { let h = e.journal().take_history(); let m = e.journal().take_messages(); e.journal().recycle(h, m); } });
    let t1 = t.elapsed();
    let o = engine.into_outcome();
    let v = swelkie::judge::judge(&o, &Default::default());
    println!("{:?} {} exit {} ended {:?}", v.verdict.validity, v.headline, v.exit_status, o.ended);
    for (k, f) in &v.verdict.figures.0 { println!("{k} {f:?}"); }
    println!("{:?} {:?}", v.warnings, o.milestones);
    let msgs = o.traffic.clients.messages + o.traffic.servers.messages;
    println!("{msgs} msgs in {t1:?} = {:.3} M/s; total {:?}", msgs as f64 / t1.as_secs_f64() / 1e6, t.elapsed());
}
