//! The network against a naive model: a list sorted by (due, released first, order).

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Send {
        src: u32,
        dest: u32,
    },
    Begin {
        id: u32,
        hold: bool,
        from: Vec<u32>,
        to: Vec<u32>,
    },
    End {
        id: u32,
    },
    Advance(u64),
}

/// Sends are frequent; times are few, so that ties and faults meet.
fn step() -> impl Strategy<Value = Step> {
    let end = || 0..CLIENT + 2;
    let ends = || prop::collection::vec(0..CLIENT + 1, 1..5);
    prop_oneof![
        6 => (end(), end()).prop_map(|(src, dest)| Step::Send { src, dest }),
        2 => (0u32..6, any::<bool>(), ends(), ends())
            .prop_map(|(id, hold, from, to)| Step::Begin { id, hold, from, to }),
        2 => (0u32..6).prop_map(|id| Step::End { id }),
        4 => (0u64..6).prop_map(Step::Advance),
    ]
}

/// A message in the model. Its order is that of the fields before `packet`.
#[derive(Clone, Debug)]
struct Entry {
    due: Time,
    ordinary: bool,
    order: u64,
    packet: Packet<()>,
    held: bool,
}

#[derive(Default)]
struct Model {
    entries: Vec<Entry>,
    order: u64,
    /// (id, is a hold, links), in the order of their begin.
    faults: Vec<(FaultId, bool, Links)>,
}

impl Model {
    fn fault(&self, hold: bool, packet: &Packet<()>) -> Option<FaultId> {
        let mut faults = self.faults.iter();
        let covers = |links: &Links| links.contain(packet.src, packet.dest);
        let fault = faults.find(|(_, is_hold, links)| *is_hold == hold && covers(links));
        fault.map(|(id, ..)| *id)
    }

    fn send(&mut self, now: Time, packet: Packet<()>) {
        let client = packet.src.0.max(packet.dest.0) >= CLIENT;
        let due = if client { now } else { Time(now.0 + 3) };
        self.order += 1;
        let (order, held) = (self.order, false);
        self.entries.push(Entry {
            due,
            ordinary: true,
            order,
            packet,
            held,
        });
    }

    fn poll(&mut self, now: Time) -> Vec<Arrival<()>> {
        let mut arrivals = Vec::new();
        self.entries
            .sort_by_key(|entry| (entry.due, entry.ordinary, entry.order));
        for mut entry in std::mem::take(&mut self.entries) {
            if entry.due > now || entry.held {
                self.entries.push(entry);
            } else if self.fault(true, &entry.packet).is_some() {
                entry.held = true;
                self.entries.push(entry);
            } else if let Some(fault) = self.fault(false, &entry.packet) {
                let packet = entry.packet;
                arrivals.push(Arrival::Cut { packet, fault });
            } else {
                let (packet, due) = (entry.packet, entry.due);
                arrivals.push(Arrival::Delivered { packet, due });
            }
        }
        arrivals
    }

    fn end(&mut self, now: Time, id: FaultId) -> bool {
        let before = self.faults.len();
        self.faults.retain(|(fault, ..)| *fault != id);
        self.entries
            .sort_by_key(|entry| (entry.due, entry.ordinary, entry.order));
        for index in 0..self.entries.len() {
            let entry = &self.entries[index];
            if entry.held && self.fault(true, &entry.packet).is_none() {
                self.order += 1;
                let order = self.order;
                let entry = &mut self.entries[index];
                entry.held = false;
                entry.due = entry.due.max(now);
                entry.ordinary = false;
                entry.order = order;
            }
        }
        self.faults.len() < before
    }
}

fn settings() -> Settings {
    Settings {
        layout: LAYOUT,
        latency: Latency::constant(Duration::from_nanos(3)),
        client_latency: Latency::ZERO,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arrivals_are_those_of_a_naive_model(steps in prop::collection::vec(step(), 1..120)) {
        let mut network = Network::new(settings(), Seed(1));
        let mut model = Model::default();
        let mut now = Time::ZERO;
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Send { src, dest } => {
                    let packet = packet(number as u64, src, dest);
                    model.send(now, packet.clone());
                    prop_assert_eq!(network.send(now, packet), Sent::Queued);
                }
                Step::Begin { id, hold, from, to } => {
                    let id = FaultId(id);
                    if model.faults.iter().all(|(fault, ..)| *fault != id) {
                        let fault = if hold { LinkFault::Hold } else { LinkFault::Cut };
                        network.begin(now, id, one_way(&from, &to), fault);
                        model.faults.push((id, hold, one_way(&from, &to)));
                    }
                }
                Step::End { id } => {
                    let id = FaultId(id);
                    prop_assert_eq!(network.end(now, id), model.end(now, id));
                }
                Step::Advance(nanos) => {
                    now = Time(now.0 + nanos);
                    let arrivals: Vec<_> = std::iter::from_fn(|| network.poll(now)).collect();
                    prop_assert_eq!(arrivals, model.poll(now));
                }
            }
            prop_assert_eq!(network.in_flight().messages, model.entries.len() as u64);
        }
        let mut rest: Vec<u64> = network.drain().iter().map(|(_, packet)| packet.id).collect();
        let mut expected: Vec<u64> = model.entries.iter().map(|entry| entry.packet.id).collect();
        rest.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(rest, expected);
    }
}
