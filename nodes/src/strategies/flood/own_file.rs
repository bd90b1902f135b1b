//! One file per node: forward once, and keep what was heard in a file of one's own.
//!
//! ```text
//!   n1 ── 7 ──► n2   stores 7, tells its neighbours
//!               n2   killed, restarts: 7 is there, and is told to all neighbours once more
//!   n1 ── 8 ──► n2   while it was down: n1 does not know, n2 never hears of it
//! ```
//!
//! - Idea: what is new is appended to the node's own file, then told to the topology's
//!   neighbours except its sender, once. No other node opens the file, so nothing is
//!   locked. A node that restarts reads its file and tells its neighbours all of it, once:
//!   what the kill kept it from sending is sent after all.
//! - Source: folklore; a write-ahead log (Gray, "Notes on Data Base Operating Systems",
//!   1978) in front of the flood.
//! - Parameters: `batch` (1000) rumors in a message after a restart.
//! - Cost: flood's messages, and one append per node and rumor. After a restart every rumor
//!   travels once more over the node's links.
//! - Survives delay and reordering, and a kill of what it acknowledged: that is there again,
//!   and if everybody is killed at once everybody hears the rest from the others' files.
//!   Does not survive loss or cuts, nor a kill amid traffic: what is sent to a node that is
//!   down is lost like any message, nobody repeats it, and the node does not ask.

use std::convert::Infallible;

use super::replica::BATCH;
use crate::registry::{Promises, Settings};
use crate::strategy::{About, Context, Peer, Reader, Rumor, Strategy, Wire, Writer};

/// The own-file strategy. See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnFile;

/// What nodes say: here are rumors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News(pub Vec<Rumor>);

impl Wire for News {
    fn write(&self, out: &mut Writer) {
        out.kind("gossip");
        out.rumors("messages", &self.0);
    }

    fn read(kind: &str, body: &mut Reader) -> Option<Self> {
        (kind == "gossip").then_some(())?;
        body.rumors("messages").map(News)
    }

    fn carried(&self) -> usize {
        self.0.len()
    }
}

impl Strategy for OwnFile {
    const ABOUT: About = About {
        name: "own-file",
        family: "flood",
        summary: "stores what is new in its own file and tells its neighbours once",
        parameters: &[BATCH],
        promises: Promises {
            everybody: true,
            loss: false,
            kill: true,
        },
    };
    const STORES: bool = true;

    /// Rumors in a message.
    type Config = usize;
    type Message = News;
    type Record = Infallible;

    fn configure(settings: &Settings) -> Result<usize, String> {
        Ok(settings.number(BATCH.name))
    }

    fn new(_batch: &usize) -> OwnFile {
        OwnFile
    }

    fn on_neighbours(&mut self, cx: &mut Context<Self>) {
        let stored: Vec<Rumor> = cx.known().collect();
        for batch in stored.chunks(*cx.config()) {
            cx.tell(cx.neighbours(), None, News(batch.to_vec()));
        }
    }

    fn on_broadcast(&mut self, rumor: Rumor, cx: &mut Context<Self>) {
        cx.tell(cx.neighbours(), None, News(vec![rumor]));
    }

    fn on_receive(&mut self, from: Peer, message: &News, cx: &mut Context<Self>) {
        let mut new = message.0.clone();
        new.retain(|&rumor| cx.deliver(rumor));
        if !new.is_empty() {
            cx.tell(cx.neighbours(), Some(from), News(new));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use crate::rng::Seed;
    use crate::strategy::Spread;
    use crate::testing::{Bench, Cluster, line};

    const TOPOLOGY: &str = r#"{"type":"topology","topology":{"n1":["n2","n3"]},"msg_id":1}"#;

    #[test]
    fn what_is_new_is_in_the_file_before_anybody_hears_of_it_and_is_told_once() {
        let mut bench = Bench::new(Spread::<OwnFile>::new(1000));
        bench.receive("c0", TOPOLOGY);
        let gossip = r#"{"type":"gossip","messages":[7,8]}"#;
        assert_eq!(
            bench.receive("n2", gossip),
            [
                r#"store {"rumor":7}"#.to_owned(),
                r#"store {"rumor":8}"#.to_owned(),
                format!("n3 {gossip}")
            ]
        );
        assert!(bench.receive("n3", gossip).is_empty());
        assert!(!bench.has_timer());
    }

    #[test]
    fn a_restarted_node_tells_its_neighbours_what_is_in_its_file_in_batches() {
        let stored = b"{\"rumor\":1}\n{\"rumor\":2}\n{\"rumor\":3}\n".to_vec();
        let node = Spread::<OwnFile>::new(2);
        let mut bench = Bench::start(node, "n1", &["n1", "n2", "n3"], Seed(2), stored);
        assert_eq!(
            bench.receive("c0", TOPOLOGY)[1..],
            [
                r#"n2 {"type":"gossip","messages":[1,2]}"#,
                r#"n3 {"type":"gossip","messages":[1,2]}"#,
                r#"n2 {"type":"gossip","messages":[3]}"#,
                r#"n3 {"type":"gossip","messages":[3]}"#,
            ]
        );
    }

    /// Five nodes in a line that got four values each while nothing arrived.
    fn cut_off() -> Cluster {
        let mut cluster = Cluster::new(3, 5, || registry::build("own-file").unwrap());
        cluster.topology(&line(5));
        cluster.cut(true);
        for value in 0..20 {
            let body = format!(r#"{{"type":"broadcast","message":{value}}}"#);
            assert!(cluster.request(value % 5, &body).is_some());
        }
        cluster.run_for(100);
        cluster.cut(false);
        cluster
    }

    fn shown(cluster: &mut Cluster) -> Vec<usize> {
        let mut read = |node| cluster.read(node, "messages").len();
        (0..5).map(&mut read).collect()
    }

    #[test]
    fn what_was_acknowledged_survives_the_kill_of_everybody_and_then_spreads() {
        let mut cluster = cut_off();
        (0..5).for_each(|node| cluster.restart(node, false));
        assert_eq!(shown(&mut cluster), [4; 5]);
        cluster.run_for(1000);
        assert_eq!(shown(&mut cluster), [20; 5]);
    }

    #[test]
    fn what_was_lost_on_its_way_is_not_told_again_and_a_restarted_node_does_not_ask() {
        let mut cluster = cut_off();
        cluster.run_for(60_000);
        assert_eq!(shown(&mut cluster), [4; 5]);
        cluster.restart(2, false);
        cluster.run_for(60_000);
        // Everybody has heard what was in the file of n2, and it what is in no other's.
        assert_eq!(shown(&mut cluster), [8, 8, 4, 8, 8]);
    }
}
