//! Loss, duplication, bandwidth and latencies.

use super::*;

const LOSS: FaultId = FaultId(0);

#[test]
fn loss_drops_its_share_of_what_is_sent_and_says_so_at_once() {
    let mut network = network();
    network.begin(at(0), LOSS, between_nodes(), LinkFault::Loss(0.25));
    let sent = send_many(&mut network, at(0), 40_000);
    let lost = sent
        .iter()
        .filter(|sent| **sent == Sent::Lost(LOSS))
        .count() as u64;
    assert_share("lost", lost, 40_000, 0.25);
    let arrived = delivered(&mut network, Time::MAX).len() as u64;
    assert_eq!(arrived + lost, 40_000);
    assert_eq!(network.touched(LOSS), lost);
}

#[test]
fn certain_loss_drops_everything_on_its_links_and_nothing_elsewhere() {
    let mut network = network();
    network.begin(at(0), LOSS, one_way(&[0], &[1]), LinkFault::Loss(1.0));
    for id in 0..1000 {
        assert_eq!(network.send(at(0), packet(id, 0, 1)), Sent::Lost(LOSS));
        assert_eq!(network.send(at(0), packet(id, 1, 0)), Sent::Queued);
        assert_eq!(network.send(at(0), packet(id, 0, CLIENT)), Sent::Queued);
        assert_eq!(network.send(at(0), packet(id, 0, SERVICE)), Sent::Queued);
        assert_eq!(network.send(at(0), packet(id, 0, 0)), Sent::Queued);
    }
    assert_eq!(network.touched(LOSS), 1000);
}

#[test]
fn a_duplicate_keeps_its_id_and_draws_its_own_latency() {
    let mut network = network_of(Latency::exponential(ms(10)), 7);
    let fault = FaultId(0);
    network.begin(at(0), fault, between_nodes(), LinkFault::Duplicate(0.25));
    let sent = send_many(&mut network, at(0), 40_000);
    let twice = sent
        .iter()
        .filter(|sent| **sent == Sent::Duplicated(fault))
        .count();
    assert_share("duplicated", twice as u64, 40_000, 0.25);
    assert_eq!(network.touched(fault), twice as u64);
    assert_eq!(network.in_flight().messages, 40_000 + twice as u64);

    let mut dues = vec![Vec::new(); 40_000];
    for (id, due) in delivered(&mut network, Time::MAX) {
        dues[id as usize].push(due.0 - id * 1000);
    }
    let pairs = sent.iter().zip(&dues);
    for (sent, dues) in pairs.clone() {
        assert_eq!(dues.len(), if *sent == Sent::Queued { 1 } else { 2 });
    }
    let pairs: Vec<&Vec<u64>> = pairs
        .map(|(_, dues)| dues)
        .filter(|dues| dues.len() == 2)
        .collect();
    assert!(pairs.iter().all(|dues| dues[0] != dues[1]));
    // Of two independent exponentials, the earlier has half the mean, the later 1.5 times.
    let mean = |which: usize| {
        let sum: u64 = pairs.iter().map(|dues| dues[which]).sum();
        sum as f64 / pairs.len() as f64 / MS as f64
    };
    assert!((mean(0) - 5.0).abs() < 0.3, "{}", mean(0));
    assert!((mean(1) - 15.0).abs() < 0.6, "{}", mean(1));
}

#[test]
fn reordering_delays_its_share_so_that_others_overtake() {
    let mut network = network();
    let fault = FaultId(0);
    let delay = Latency::constant(ms(3));
    let probability = 0.1;
    network.begin(
        at(0),
        fault,
        between_nodes(),
        LinkFault::Reorder { probability, delay },
    );
    send_many(&mut network, at(0), 40_000);
    let arrivals = delivered(&mut network, Time::MAX);
    assert_eq!(arrivals.len(), 40_000);
    let (mut late, mut overtaken) = (0, 0);
    let mut highest = 0;
    for (id, due) in arrivals {
        let latency = due.0 - id * 1000;
        assert!(latency == 10 * MS || latency == 13 * MS);
        late += u64::from(latency == 13 * MS);
        overtaken += u64::from(id < highest);
        highest = highest.max(id);
    }
    assert_share("reordered", late, 40_000, probability);
    assert_eq!(network.touched(fault), late);
    // All but those sent in the last 3 ms were overtaken by someone.
    assert!(
        overtaken > late * 8 / 10 && overtaken <= late,
        "{overtaken} of {late}"
    );
}

#[test]
fn delays_add_up_and_a_replaced_latency_is_that_of_the_fault_that_began_last() {
    let mut network = network();
    let constant = |millis| Latency::constant(ms(millis));
    let due = |network: &mut Network<()>| {
        network.send(at(0), packet(1, 0, 1));
        network.drain()[0].0.nanos() / MS
    };
    let begin = |network: &mut Network<()>, id, fault| {
        network.begin(at(0), FaultId(id), between_nodes(), fault);
    };
    assert_eq!(due(&mut network), 10);
    begin(&mut network, 0, LinkFault::Delay(constant(5)));
    assert_eq!(due(&mut network), 15);
    begin(&mut network, 1, LinkFault::Latency(constant(100)));
    begin(&mut network, 2, LinkFault::Latency(constant(200)));
    begin(&mut network, 3, LinkFault::Delay(constant(1)));
    assert_eq!(due(&mut network), 206);
    assert!(network.end(at(0), FaultId(2)));
    assert_eq!(due(&mut network), 106);
    assert!(network.end(at(0), FaultId(0)));
    assert_eq!(due(&mut network), 101);
    assert!(network.end(at(0), FaultId(1)));
    assert!(network.end(at(0), FaultId(3)));
    assert_eq!(due(&mut network), 10);
    let touched: Vec<u64> = (0..4).map(|id| network.touched(FaultId(id))).collect();
    assert_eq!(touched, [3, 2, 1, 3]);
}

#[test]
fn a_replaced_latency_has_its_own_distribution() {
    let mut network = network();
    let exponential = LinkFault::Latency(Latency::exponential(ms(40)));
    network.begin(at(0), FaultId(0), between_nodes(), exponential);
    send_many(&mut network, at(0), 40_000);
    let arrivals = delivered(&mut network, Time::MAX);
    let sum: u64 = arrivals.iter().map(|(id, due)| due.0 - id * 1000).sum();
    let mean = sum as f64 / 40_000.0 / MS as f64;
    assert!((mean - 40.0).abs() < 1.0, "{mean}"); // 5 sigma
    assert_eq!(network.touched(FaultId(0)), 40_000);
}

#[test]
fn a_fault_that_changes_nothing_touches_nothing() {
    let mut network = network();
    let faults = [
        LinkFault::Delay(Latency::ZERO),
        LinkFault::Latency(Latency::constant(ms(10))),
        LinkFault::Loss(0.0),
        LinkFault::Duplicate(0.0),
        LinkFault::Bandwidth(1e18),
    ];
    for (id, fault) in (0..).zip(faults) {
        network.begin(at(0), FaultId(id), between_nodes(), fault);
    }
    send_many(&mut network, at(0), 1000);
    let arrivals = delivered(&mut network, Time::MAX);
    assert!(
        arrivals
            .iter()
            .all(|(id, due)| due.0 - id * 1000 == 10 * MS)
    );
    assert!((0..5).all(|id| network.touched(FaultId(id)) == 0));
}

#[test]
fn a_bandwidth_is_a_queue_per_directed_link_before_the_latency() {
    let mut network = network();
    // 100 bytes per millisecond.
    network.begin(
        at(0),
        FaultId(0),
        between_nodes(),
        LinkFault::Bandwidth(100_000.0),
    );
    network.send(at(0), sized(1, 0, 1, 100)); // on the link 0…1
    network.send(at(0), sized(2, 0, 1, 300)); // 1…4
    network.send(at(2), sized(3, 0, 1, 100)); // 4…5
    network.send(at(2), sized(4, 1, 0, 100)); // the other way: 2…3
    network.send(at(2), sized(5, 0, 2, 50)); // another link: 2…2.5
    network.send(at(9), sized(6, 0, 1, 1)); // idle since 5: 9…9.01
    network.send(at(9), sized(7, 0, CLIENT, 999)); // not concerned
    let arrivals = delivered(&mut network, at(100));
    let expected = [
        (7, at(9)),
        (1, at(11)),
        (5, Time(12_500_000)),
        (4, at(13)),
        (2, at(14)),
        (3, at(15)),
        (6, Time(19_010_000)),
    ];
    assert_eq!(arrivals, expected);
    assert_eq!(network.touched(FaultId(0)), 6);
}

#[test]
fn of_several_bandwidths_the_least_counts() {
    let mut network = network();
    let bandwidth = |rate| LinkFault::Bandwidth(rate);
    network.begin(at(0), FaultId(0), between_nodes(), bandwidth(100_000.0));
    network.begin(at(0), FaultId(1), one_way(&[0], &[1]), bandwidth(10_000.0));
    network.begin(at(0), FaultId(2), between_nodes(), bandwidth(1e9));
    network.send(at(0), sized(1, 0, 1, 100));
    network.send(at(0), sized(2, 1, 0, 100));
    assert_eq!(delivered(&mut network, at(100)), [(2, at(11)), (1, at(20))]);
    let touched = [0, 1, 2].map(|id| network.touched(FaultId(id)));
    assert_eq!(touched, [1, 1, 0]);
    // What is queued already keeps its time; what is sent after the end waits for it no more.
    network.send(at(100), sized(3, 0, 1, 100));
    assert!(network.end(at(100), FaultId(1)));
    network.send(at(100), sized(4, 0, 1, 100));
    assert_eq!(
        delivered(&mut network, at(200)),
        [(3, at(120)), (4, at(121))]
    );
}

#[test]
fn a_copy_takes_its_turn_in_the_bandwidths_queue() {
    let mut network = network();
    network.begin(
        at(0),
        FaultId(0),
        between_nodes(),
        LinkFault::Bandwidth(100_000.0),
    );
    network.begin(
        at(0),
        FaultId(1),
        between_nodes(),
        LinkFault::Duplicate(1.0),
    );
    network.send(at(0), packet(1, 0, 1));
    assert_eq!(delivered(&mut network, at(100)), [(1, at(11)), (1, at(12))]);
    assert_eq!(network.touched(FaultId(0)), 1);
}

#[test]
fn a_fault_shifts_neither_the_latencies_nor_the_draws_of_others() {
    let latency = Latency::exponential(ms(10));
    let faults = [
        LinkFault::Loss(0.5),
        LinkFault::Duplicate(0.5),
        LinkFault::Reorder {
            probability: 0.5,
            delay: latency,
        },
        LinkFault::Delay(latency),
        LinkFault::Latency(latency),
        LinkFault::Bandwidth(1e6),
        LinkFault::Cut,
        LinkFault::Hold,
    ];
    // Messages alternate between two links, and another loss acts on the second one:
    // no fault on the first link changes what happens on the second.
    let run = |fault: Option<&LinkFault>| {
        let mut network = network_of(latency, 7);
        network.begin(
            at(0),
            FaultId(9),
            one_way(&[2], &[3, 4]),
            LinkFault::Loss(0.3),
        );
        if let Some(fault) = fault {
            network.begin(at(0), FaultId(0), one_way(&[0], &[1]), fault.clone());
        }
        for id in 0..2000 {
            let (src, dest) = if id % 2 == 0 { (0, 1) } else { (2, 3) };
            network.send(Time(id * 1000), packet(id, src, dest));
        }
        let mut arrivals = delivered(&mut network, Time::MAX);
        arrivals.retain(|(id, _)| id % 2 == 1);
        arrivals
    };
    let calm = run(None);
    assert_share("lost", 1000 - calm.len() as u64, 1000, 0.3);
    for fault in faults {
        assert_eq!(run(Some(&fault)), calm, "{fault:?}");
    }
}

#[test]
fn another_fault_on_the_same_link_changes_no_draw_either() {
    let lost = |with: Option<LinkFault>| {
        let mut network = network();
        let others = with.map(|fault| network.begin(at(0), FaultId(5), between_nodes(), fault));
        network.begin(at(0), LOSS, between_nodes(), LinkFault::Loss(0.3));
        let sent = send_many(&mut network, at(0), 2000);
        let touched = network.touched(LOSS);
        assert!(
            others.is_some()
                || touched
                    == sent
                        .iter()
                        .filter(|&&sent| sent == Sent::Lost(LOSS))
                        .count() as u64
        );
        touched
    };
    let alone = lost(None);
    assert_eq!(lost(Some(LinkFault::Loss(0.5))), alone);
    assert_eq!(lost(Some(LinkFault::Duplicate(0.5))), alone);
    assert_eq!(
        lost(Some(LinkFault::Delay(Latency::exponential(ms(1))))),
        alone
    );
}

#[test]
fn loss_and_copies_leave_the_delays_of_the_others_on_their_link_as_they_are() {
    let dues = |other: LinkFault| {
        let mut network = network_of(Latency::exponential(ms(10)), 7);
        let delay = LinkFault::Delay(Latency::exponential(ms(5)));
        network.begin(at(0), FaultId(0), between_nodes(), delay);
        network.begin(at(0), FaultId(1), between_nodes(), other);
        send_many(&mut network, at(0), 2000);
        delivered(&mut network, Time::MAX)
    };
    let mut calm = dues(LinkFault::Loss(0.0));
    calm.sort_unstable();
    let lossy = dues(LinkFault::Loss(0.5));
    assert!((900..1100).contains(&lossy.len()));
    assert!(
        lossy
            .iter()
            .all(|arrival| calm.binary_search(arrival).is_ok())
    );
    let mut doubled = dues(LinkFault::Duplicate(0.5));
    assert!((2900..3100).contains(&doubled.len()));
    doubled.sort_unstable();
    assert!(
        calm.iter()
            .all(|arrival| doubled.binary_search(arrival).is_ok())
    );
}
