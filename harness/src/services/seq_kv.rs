//! `seq-kv`: a map that is sequentially consistent and as stale as that allows.
//!
//! A client's view never goes back, and it sees its own changes; it may miss
//! those of others for as long as it only reads.
//!
//! ```text
//!   state      0 ──────── 1 ──────── 2 ──────── 3       (one per change)
//!            empty      x = 1      y = 1      x = 2
//!   client a  └── last saw 1; drawn from 1…2 ──┘ a read of x there: 1
//!   client b  last saw 0; its cas x 1→5 fails in a drawn state 0 (error 20),
//!             would change state 1, hence is redone on state 3 (error 22)
//! ```
//!
//! The draw leaves the newest state out unless the client has seen it, as the
//! reference does: a program that trusts a single read must not pass by luck.
//!
//! Old states are kept for the clients that may still be shown them, as the
//! superseded values of each key. When these pass a bound, the oldest states are
//! given up: clients that far behind jump forward, never back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rand::RngExt;
use swelkie_nodes::{Body, Rng};

use super::Service;
use super::kv::{Action, Effect, Operation, same};
use super::request::respond;
use crate::network::Endpoint;

/// The number of a state: how many changes led to it.
type State = u64;

/// Bytes of superseded keys and values that are kept.
const HISTORY_LIMIT: usize = 64 << 20;

/// What a superseded value costs beside its text, roughly.
const OVERHEAD: usize = 64;

/// The sequentially consistent store.
pub struct SeqKv {
    /// Per key its values with the state each appeared in, oldest first.
    values: BTreeMap<Arc<str>, VecDeque<(State, Box<str>)>>,
    /// The keys of the changes after `oldest`, in order.
    changes: VecDeque<Arc<str>>,
    /// The oldest state that is kept, beside the empty one, which always is.
    oldest: State,
    /// What each client saw last, by its state.
    seen: BTreeMap<Endpoint, State>,
    /// Bytes of superseded keys and values.
    superseded: usize,
    limit: usize,
}

impl Default for SeqKv {
    fn default() -> SeqKv {
        SeqKv::with_limit(HISTORY_LIMIT)
    }
}

impl Service for SeqKv {
    fn name(&self) -> &'static str {
        "seq-kv"
    }

    fn handle(&mut self, client: Endpoint, body: &Body, rng: &mut Rng) -> Body {
        respond(body, |request| {
            let Operation { key, action } = Operation::of("seq-kv", request)?;
            let drawn = self.draw(client, rng);
            if let Some(effect) = self.without_change(&key, &action, drawn) {
                let reply = request.reply(&effect.answer);
                self.seen.insert(client, drawn);
                return Ok(reply);
            }
            let newest = self.newest();
            let effect = action.on(self.value(&key, newest));
            let reply = request.reply(&effect.answer);
            if self.without_change(&key, &action, newest).is_none()
                && let Some(value) = effect.value.map(Box::from)
            {
                self.change(key, value);
            }
            self.seen.insert(client, self.newest());
            self.forget();
            Ok(reply)
        })
    }
}

impl SeqKv {
    fn with_limit(limit: usize) -> SeqKv {
        SeqKv {
            values: BTreeMap::new(),
            changes: VecDeque::new(),
            oldest: 0,
            seen: BTreeMap::new(),
            superseded: 0,
            limit,
        }
    }

    fn newest(&self) -> State {
        self.oldest + self.changes.len() as State
    }

    /// A state the client may be shown.
    fn draw(&self, client: Endpoint, rng: &mut Rng) -> State {
        let (seen, newest) = (self.seen.get(&client).copied().unwrap_or(0), self.newest());
        if seen == newest {
            return newest;
        }
        match rng.random_range(seen..newest) {
            0 => 0,
            drawn => drawn.max(self.oldest),
        }
    }

    /// The value of a key in a state that is kept.
    fn value(&self, key: &str, state: State) -> Option<&str> {
        let values = self.values.get(key)?;
        let until = values.partition_point(|&(since, _)| since <= state);
        let (_, value) = values.get(until.checked_sub(1)?)?;
        Some(value)
    }

    /// What the action does in this state, if it would leave the state as it is.
    fn without_change<'v>(
        &'v self,
        key: &str,
        action: &Action<'v>,
        state: State,
    ) -> Option<Effect<'v>> {
        let current = self.value(key, state);
        let effect = action.on(current);
        let unchanged = match (effect.value, current) {
            (None, _) => true,
            (Some(new), Some(current)) => same(new, current),
            (Some(_), None) => false,
        };
        unchanged.then_some(effect)
    }

    fn change(&mut self, key: String, value: Box<str>) {
        let key: Arc<str> = key.into();
        let state = self.newest() + 1;
        let values = self.values.entry(Arc::clone(&key)).or_default();
        if let Some((_, last)) = values.back() {
            self.superseded += key.len() + last.len() + OVERHEAD;
        }
        values.push_back((state, value));
        self.changes.push_back(key);
    }

    /// Gives up the states that every client is past, and more if they are too large.
    fn forget(&mut self) {
        /// Looking for the slowest client at every change would cost more than it saves.
        const EVERY: State = 256;
        let slowest = match self.newest() % EVERY {
            0 => self.seen.values().min().copied().unwrap_or(0),
            _ => 0,
        };
        while self.oldest < slowest || (self.superseded > self.limit && !self.changes.is_empty()) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let key = self
            .changes
            .pop_front()
            .expect("a change after the oldest state");
        self.oldest += 1;
        let values = self.values.get_mut(&key).expect("a changed key");
        // The change that leads to the oldest state supersedes what was before it.
        if values
            .get(1)
            .is_some_and(|&(since, _)| since == self.oldest)
        {
            let (_, value) = values.pop_front().expect("two values");
            self.superseded -= key.len() + value.len() + OVERHEAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use swelkie_nodes::Seed;

    use super::super::tests::{ask, field};
    use super::*;

    /// Every value of every key with the states it is current in: what a client
    /// may have been shown.
    #[derive(Default)]
    struct Timeline {
        /// (key, value, since) in the order of changes; the n-th change makes state n.
        changes: Vec<(usize, u64)>,
    }

    impl Timeline {
        /// The first state from `from` on in which the key has this value (none: is absent).
        fn first_state(&self, from: usize, key: usize, value: Option<u64>) -> Option<usize> {
            let at = |state: usize| {
                let changes = self.changes[..state].iter().rev();
                changes
                    .copied()
                    .find(|change| change.0 == key)
                    .map(|change| change.1)
            };
            (from..=self.changes.len()).find(|&state| at(state) == value)
        }
    }

    /// Runs requests of several clients on a service and checks that each answer is
    /// explained by a state no older than the client's last.
    fn assert_no_view_goes_back(limit: usize, steps: &[(u32, usize, bool)], seed: u64) {
        let mut service = SeqKv::with_limit(limit);
        let mut rng = Seed(seed).fork("services");
        let mut timeline = Timeline::default();
        let mut seen = [0; 4];
        for (number, &(client, key, write)) in (0..).zip(steps) {
            let view = &mut seen[client as usize];
            if write {
                let body = format!(r#"{{"type":"write","key":{key},"value":{number}}}"#);
                assert_eq!(
                    ask(&mut service, client, &body, &mut rng),
                    r#"{"type":"write_ok"}"#
                );
                timeline.changes.push((key, number));
                *view = timeline.changes.len();
                continue;
            }
            let body = format!(r#"{{"type":"read","key":{key}}}"#);
            let reply = ask(&mut service, client, &body, &mut rng);
            let value = field(&reply, "value").map(|value| value.parse().unwrap());
            let state = timeline.first_state(*view, key, value);
            *view = state.unwrap_or_else(|| {
                panic!("step {number}: client {client} saw state {view} and then {reply}")
            });
        }
    }

    proptest! {
        #[test]
        fn no_clients_view_goes_back(
            steps in prop::collection::vec((0..4u32, 0..3usize, any::<bool>()), 0..200),
            seed: u64,
        ) {
            assert_no_view_goes_back(HISTORY_LIMIT, &steps, seed);
        }

        #[test]
        fn no_clients_view_goes_back_when_old_states_are_given_up(
            steps in prop::collection::vec((0..4u32, 0..3usize, any::<bool>()), 0..200),
            limit in 0..2000usize,
            seed: u64,
        ) {
            assert_no_view_goes_back(limit, &steps, seed);
        }
    }

    #[test]
    fn a_client_that_only_reads_lags_and_one_that_changes_sees_its_change() {
        let mut service = SeqKv::default();
        let mut rng = Seed(7).fork("services");
        for value in 1..=100 {
            let write = format!(r#"{{"type":"write","key":"x","value":{value}}}"#);
            ask(&mut service, 0, &write, &mut rng);
            let read = ask(&mut service, 0, r#"{"type":"read","key":"x"}"#, &mut rng);
            assert_eq!(field(&read, "value"), Some(value.to_string()));
        }
        let mut last = 0;
        for _ in 0..1000 {
            let read = ask(&mut service, 1, r#"{"type":"read","key":"x"}"#, &mut rng);
            let value = field(&read, "value").map_or(0, |value| value.parse().unwrap());
            assert!((last..100).contains(&value), "{value} after {last}");
            last = value;
        }
        assert_eq!(last, 99, "it comes as far as the state before the newest");
    }

    #[test]
    fn a_cas_fails_on_a_stale_state_though_it_would_succeed_now() {
        let mut stale = 0;
        for seed in 0..100 {
            let mut service = SeqKv::default();
            let mut rng = Seed(seed).fork("services");
            for value in [1, 2, 3] {
                let write = format!(r#"{{"type":"write","key":"x","value":{value}}}"#);
                ask(&mut service, 0, &write, &mut rng);
            }
            let cas = r#"{"type":"cas","key":"x","from":3,"to":4}"#;
            let reply = ask(&mut service, 1, cas, &mut rng);
            let code = field(&reply, "code");
            assert!(matches!(code.as_deref(), Some("20" | "22")), "{reply}");
            stale += usize::from(code.as_deref() == Some("20"));
        }
        assert!(
            (10..60).contains(&stale),
            "{stale} of 100 saw the empty state, not about 33"
        );
    }

    #[test]
    fn a_change_is_made_to_the_newest_state() {
        let mut service = SeqKv::default();
        let mut rng = Seed(7).fork("services");
        ask(
            &mut service,
            0,
            r#"{"type":"write","key":"x","value":1}"#,
            &mut rng,
        );
        ask(
            &mut service,
            0,
            r#"{"type":"write","key":"x","value":2}"#,
            &mut rng,
        );
        // In state 0 or 1 this would create or set x; on the newest it is there.
        let cas = r#"{"type":"cas","key":"x","from":1,"to":9,"create_if_not_exists":true}"#;
        let reply = ask(&mut service, 1, cas, &mut rng);
        assert_eq!(field(&reply, "code").as_deref(), Some("22"), "{reply}");
        let read = ask(&mut service, 1, r#"{"type":"read","key":"x"}"#, &mut rng);
        assert_eq!(field(&read, "value").as_deref(), Some("2"));
    }

    #[test]
    fn what_nobody_can_be_shown_any_more_is_forgotten() {
        let mut rng = Seed(7).fork("services");
        let mut change = |service: &mut SeqKv, client, number: usize| {
            let key = number % 10;
            let body = format!(r#"{{"type":"write","key":{key},"value":{number}}}"#);
            ask(service, client, &body, &mut rng);
        };
        let mut together = SeqKv::default();
        (0..5000).for_each(|number| change(&mut together, number as u32 % 5, number));
        assert!(
            together.changes.len() < 300,
            "{} changes kept",
            together.changes.len()
        );

        let mut behind = SeqKv::with_limit(10_000);
        change(&mut behind, 1, 0);
        (0..5000).for_each(|number| change(&mut behind, 0, number));
        assert!(behind.superseded <= 10_000);
        let kept: usize = behind.values.values().map(VecDeque::len).sum();
        assert!(kept <= 10_000 / OVERHEAD + 10, "{kept} values kept");
    }
}
