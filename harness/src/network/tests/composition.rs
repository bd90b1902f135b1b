//! Several faults at once, and their ends.

use super::*;

#[test]
fn each_end_undoes_only_itself() {
    let mut network = network();
    let cuts = [FaultId(0), FaultId(1)];
    network.begin(at(0), cuts[0], one_way(&[0], &[1, 2]), LinkFault::Cut);
    network.begin(at(0), cuts[1], one_way(&[0], &[1]), LinkFault::Cut);
    network.send(at(0), packet(1, 0, 1));
    assert_eq!(cut_off(&mut network, at(10)), [(1, cuts[0])]);
    assert!(network.end(at(10), cuts[0]));
    network.send(at(10), packet(2, 0, 1));
    network.send(at(10), packet(3, 0, 2));
    assert_eq!(
        network.poll(at(20)),
        Some(Arrival::Cut {
            packet: packet(2, 0, 1),
            fault: cuts[1]
        })
    );
    assert_eq!(ids(&mut network, at(20)), [3]);
    assert!(network.end(at(20), cuts[1]));
    network.send(at(20), packet(4, 0, 1));
    assert_eq!(ids(&mut network, at(30)), [4]);
    // Both cuts covered the first message, only the second one the other.
    assert_eq!(cuts.map(|cut| network.touched(cut)), [1, 2]);
}

#[test]
fn the_end_of_a_fault_that_is_not_going_on_does_nothing() {
    let mut network = network();
    assert!(!network.end(at(0), FaultId(0)));
    network.begin(at(0), FaultId(0), between_nodes(), LinkFault::Cut);
    assert!(!network.end(at(0), FaultId(1)));
    network.send(at(0), packet(1, 0, 1));
    assert_eq!(cut_off(&mut network, at(10)).len(), 1);
    assert!(network.end(at(10), FaultId(0)));
    assert!(!network.end(at(10), FaultId(0)));
    assert_eq!(network.touched(FaultId(0)), 1);
    assert_eq!(network.touched(FaultId(1)), 0);
}

#[test]
#[should_panic(expected = "fault 0 began twice")]
fn a_fault_that_is_going_on_cannot_begin() {
    let mut network = network();
    network.begin(at(0), FaultId(0), between_nodes(), LinkFault::Cut);
    network.begin(at(1), FaultId(0), between_nodes(), LinkFault::Loss(0.5));
}

#[test]
fn a_fault_that_begins_again_goes_on_counting() {
    let mut network = network();
    for round in 0..3 {
        network.begin(at(20 * round), FaultId(0), between_nodes(), LinkFault::Cut);
        network.send(at(20 * round), packet(round, 0, 1));
        assert_eq!(cut_off(&mut network, at(20 * round + 10)).len(), 1);
        network.end(at(20 * round + 10), FaultId(0));
    }
    assert_eq!(network.touched(FaultId(0)), 3);
}

#[test]
fn a_message_waits_for_the_last_hold_that_covers_its_link() {
    let mut network = network();
    let holds = [FaultId(0), FaultId(1), FaultId(2)];
    network.begin(at(0), holds[0], between_nodes(), LinkFault::Hold);
    network.begin(at(0), holds[1], one_way(&[0], &[1]), LinkFault::Hold);
    network.send(at(0), packet(1, 0, 1));
    network.send(at(0), packet(2, 0, 2));
    assert_eq!(network.poll(at(15)), None);
    // A hold that begins while a message waits prolongs its wait.
    network.begin(at(15), holds[2], one_way(&[0], &[1]), LinkFault::Hold);
    network.end(at(20), holds[0]);
    assert_eq!(delivered(&mut network, at(20)), [(2, at(20))]);
    network.end(at(30), holds[1]);
    assert_eq!(network.poll(at(30)), None);
    network.end(at(40), holds[2]);
    assert_eq!(delivered(&mut network, at(40)), [(1, at(40))]);
    assert_eq!(holds.map(|hold| network.touched(hold)), [2, 1, 1]);
}

#[test]
fn a_released_message_that_is_not_polled_yet_meets_a_new_hold() {
    let mut network = network();
    network.begin(at(0), FaultId(0), between_nodes(), LinkFault::Hold);
    network.send(at(0), packet(1, 0, 1));
    assert_eq!(network.poll(at(10)), None);
    network.end(at(20), FaultId(0));
    network.begin(at(20), FaultId(1), between_nodes(), LinkFault::Hold);
    assert_eq!(network.poll(at(30)), None);
    network.end(at(40), FaultId(1));
    assert_eq!(delivered(&mut network, at(40)), [(1, at(40))]);
}

#[test]
fn what_is_held_and_cut_meets_the_cut_when_it_is_released() {
    let mut network = network();
    let (hold, cut, brief) = (FaultId(0), FaultId(1), FaultId(2));
    network.begin(at(0), hold, between_nodes(), LinkFault::Hold);
    network.begin(at(0), cut, one_way(&[0], &[1]), LinkFault::Cut);
    network.begin(at(0), brief, one_way(&[0], &[2]), LinkFault::Cut);
    network.send(at(0), packet(1, 0, 1));
    network.send(at(0), packet(2, 0, 2));
    assert_eq!(network.poll(at(12)), None);
    // This cut is over before the hold: it drops nothing.
    network.end(at(12), brief);
    network.end(at(20), hold);
    let arrivals: Vec<_> = std::iter::from_fn(|| network.poll(at(20))).collect();
    let due = at(20);
    let expected = [
        Arrival::Cut {
            packet: packet(1, 0, 1),
            fault: cut,
        },
        Arrival::Delivered {
            packet: packet(2, 0, 2),
            due,
        },
    ];
    assert_eq!(arrivals, expected);
    let touched = [hold, cut, brief].map(|fault| network.touched(fault));
    assert_eq!(touched, [2, 1, 0]);
}

#[test]
fn a_message_and_its_copy_count_once_per_fault() {
    let mut network = network_of(Latency::exponential(ms(10)), 7);
    let faults = [
        LinkFault::Duplicate(1.0),
        LinkFault::Delay(Latency::constant(ms(1))),
        LinkFault::Cut,
        LinkFault::Hold,
    ];
    for (id, fault) in (0..).zip(faults) {
        network.begin(at(0), FaultId(id), between_nodes(), fault);
    }
    send_many(&mut network, at(0), 500);
    assert_eq!(network.poll(at(1000)), None);
    // A hold that begins while both copies wait counts them once, too.
    network.begin(at(1000), FaultId(4), between_nodes(), LinkFault::Hold);
    network.end(at(1000), FaultId(3));
    network.end(at(1000), FaultId(4));
    assert_eq!(cut_off(&mut network, at(1000)).len(), 1000);
    let touched: Vec<u64> = (0..5).map(|id| network.touched(FaultId(id))).collect();
    assert_eq!(touched, [500; 5]);
}

#[test]
fn two_duplications_make_one_copy_and_a_lost_message_has_none() {
    let mut network = network();
    network.begin(
        at(0),
        FaultId(0),
        between_nodes(),
        LinkFault::Duplicate(1.0),
    );
    network.begin(
        at(0),
        FaultId(1),
        between_nodes(),
        LinkFault::Duplicate(1.0),
    );
    assert_eq!(
        network.send(at(0), packet(1, 0, 1)),
        Sent::Duplicated(FaultId(0))
    );
    assert_eq!(ids(&mut network, at(10)), [1, 1]);
    network.begin(at(10), FaultId(2), between_nodes(), LinkFault::Loss(1.0));
    assert_eq!(
        network.send(at(10), packet(2, 0, 1)),
        Sent::Lost(FaultId(2))
    );
    assert_eq!(network.in_flight().messages, 0);
    let touched = [0, 1, 2].map(|id| network.touched(FaultId(id)));
    assert_eq!(touched, [1, 1, 1]);
}

#[test]
fn a_majorities_ring_lets_every_node_hear_a_majority() {
    let mut network = network();
    // Node i does not hear the two nodes opposite to it.
    let deaf = (0..5)
        .map(|node| set(&[(node + 2) % 5, (node + 3) % 5]))
        .collect();
    network.begin(at(0), FaultId(0), Links::Deaf(deaf), LinkFault::Cut);
    for id in 0..25 {
        network.send(at(0), packet(id, id as u32 / 5, id as u32 % 5));
    }
    let heard = ids(&mut network, at(10));
    for dest in 0..5 {
        assert_eq!(heard.iter().filter(|&&id| id % 5 == dest).count(), 3);
    }
    assert_eq!(network.touched(FaultId(0)), 10);
}
