//! `lww-kv`: an eventually consistent map, two replicas that merge at random.
//!
//! Before each request one replica may take over what the other has; the request
//! is then served by either, so a client may miss what it just wrote.
//!
//! ```text
//!   replica 0   x = 1 at clock 0 ·······►·  merge: the later clock wins
//!   replica 1          x = 2 at clock 0     equal clocks: the greater text wins
//! ```
//!
//! Each replica has a Lamport clock: one tick per write, and a merge takes the
//! later of the two. "Later" is by these clocks, not by the order of requests.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use swelkie_nodes::{Body, Rng};

use super::Service;
use super::kv::{Action, Operation};
use super::request::respond;
use crate::network::Endpoint;

/// The last-write-wins store.
#[derive(Default)]
pub struct LwwKv {
    replicas: [Replica; 2],
}

#[derive(Default)]
struct Replica {
    clock: u64,
    values: BTreeMap<String, Stamped>,
    /// The keys that changed since the other replica last took over what is here.
    news: BTreeSet<String>,
}

/// A value and the clock at which it was written, in the order in which it wins.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Stamped {
    clock: u64,
    value: Box<str>,
}

impl Service for LwwKv {
    fn name(&self) -> &'static str {
        "lww-kv"
    }

    fn handle(&mut self, _client: Endpoint, body: &Body, rng: &mut Rng) -> Body {
        let (from, to, serving) = (
            rng.random_range(0..2),
            rng.random_range(0..2),
            rng.random_range(0..2),
        );
        if from != to {
            self.merge(from);
        }
        let replica: &mut Replica = &mut self.replicas[serving];
        respond(body, |request| {
            let Operation { key, mut action } = Operation::of("lww-kv", request)?;
            if let Action::Cas { create, .. } = &mut action {
                *create = false;
            }
            let effect = action.on(replica.values.get(&key).map(|stamped| &*stamped.value));
            let reply = request.reply(&effect.answer);
            if let Some(value) = effect.value.map(Box::from) {
                replica.write(key, value);
            }
            Ok(reply)
        })
    }
}

impl LwwKv {
    /// The other replica takes over what replica `from` has.
    fn merge(&mut self, from: usize) {
        let [first, second] = &mut self.replicas;
        match from {
            0 => second.take_over(first),
            _ => first.take_over(second),
        }
    }
}

impl Replica {
    fn write(&mut self, key: String, value: Box<str>) {
        let clock = self.clock;
        self.clock += 1;
        self.news.insert(key.clone());
        self.values.insert(key, Stamped { clock, value });
    }

    fn take_over(&mut self, other: &mut Replica) {
        self.clock = self.clock.max(other.clock);
        for key in std::mem::take(&mut other.news) {
            let theirs = &other.values[&key];
            if self.values.get(&key).is_none_or(|ours| ours < theirs) {
                self.values.insert(key, theirs.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use swelkie_nodes::Seed;

    use super::super::tests::{ask, field};
    use super::*;

    const READ: &str = r#"{"type":"read","key":"x"}"#;

    #[test]
    fn a_client_may_miss_its_own_write() {
        let missed = (0..100).filter(|&seed| {
            let mut service = LwwKv::default();
            let mut rng = Seed(seed).fork("services");
            ask(
                &mut service,
                0,
                r#"{"type":"write","key":"x","value":1}"#,
                &mut rng,
            );
            let read = ask(&mut service, 0, READ, &mut rng);
            field(&read, "code").as_deref() == Some("20")
        });
        // Missed when the other replica answers (1/2) and did not take over before (3/4).
        let missed = missed.count();
        assert!((20..55).contains(&missed), "{missed} of 100, not about 38");
    }

    #[test]
    fn a_cas_never_creates_a_key() {
        let mut service = LwwKv::default();
        let mut rng = Seed(7).fork("services");
        let cas = r#"{"type":"cas","key":"x","from":0,"to":1,"create_if_not_exists":true}"#;
        let reply = ask(&mut service, 0, cas, &mut rng);
        assert_eq!(field(&reply, "code").as_deref(), Some("20"), "{reply}");
    }

    #[test]
    fn a_rewritten_value_gets_a_new_clock_and_wins() {
        let mut service = LwwKv::default();
        let [first, second] = &mut service.replicas;
        first.write("x".to_owned(), "1".into());
        second.write("x".to_owned(), "2".into());
        first.write("x".to_owned(), "1".into());
        service.merge(1);
        service.merge(0);
        for replica in &service.replicas {
            assert_eq!(&*replica.values["x"].value, "1");
        }
    }

    proptest! {
        #[test]
        fn reads_show_what_was_written_and_agree_in_the_end(
            steps in prop::collection::vec((0..3usize, any::<bool>()), 0..100),
            seed: u64,
        ) {
            let mut service = LwwKv::default();
            let mut rng = Seed(seed).fork("services");
            let mut written = vec![BTreeSet::new(); 3];
            for (number, (key, write)) in steps.into_iter().enumerate() {
                let body = match write {
                    true => format!(r#"{{"type":"write","key":{key},"value":{number}}}"#),
                    false => format!(r#"{{"type":"read","key":{key}}}"#),
                };
                let reply = ask(&mut service, 0, &body, &mut rng);
                if write {
                    written[key].insert(number.to_string());
                } else if let Some(value) = field(&reply, "value") {
                    prop_assert!(written[key].contains(&value), "{}", reply);
                }
            }
            service.merge(0);
            service.merge(1);
            let [first, second] = &service.replicas;
            prop_assert!(first.values == second.values);
            for (key, written) in written.iter().enumerate() {
                prop_assert_eq!(first.values.contains_key(&key.to_string()), !written.is_empty());
            }
        }
    }
}
