//! Rumor mongering and anti-entropy: A. Demers et al., "Epidemic algorithms for replicated
//! database maintenance", PODC 1987; page numbers of the report CSL-89-1.

use super::limits::root;

/// The residue (share never reached) of a push variant that sent `messages_per_node`: each
/// message misses a given node with probability 1 − 1/n, so s = e^(−m) (section 1.4, p. 10).
#[must_use]
pub fn residue_of_traffic(messages_per_node: f64) -> f64 {
    (-messages_per_node).exp()
}

/// The residue where a node that calls in vain loses interest with probability 1/k, contacts
/// applied one after another: the root below 1 of s = e^(−(k+1)(1−s)) (section 1.4, p. 9).
#[must_use]
pub fn residue_with_feedback_and_coin(k: f64) -> f64 {
    // Above the peak of s − e^(−(k+1)(1−s)) lies the other root, 1.
    let peak = 1.0 - (k + 1.0).ln() / (k + 1.0);
    root(0.0, peak, |s| s - (-(k + 1.0) * (1.0 - s)).exp())
}

/// How the uninformed share falls in one cycle in which every node contacts one uniform
/// other (section 1.3, p. 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// The informed tell whom they call.
    Push,
    /// Those who call ask.
    Pull,
    /// Both.
    PushPull,
}

impl Contact {
    /// Its usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Contact::Push => "push",
            Contact::Pull => "pull",
            Contact::PushPull => "push-pull",
        }
    }
}

/// The uninformed share after one more cycle of anti-entropy, for large n: push
/// p·e^(−(1−p)), pull p², both p²·e^(−(1−p)).
#[must_use]
pub fn uninformed_after_cycle(contact: Contact, uninformed: f64) -> f64 {
    let not_pushed = (uninformed - 1.0).exp();
    match contact {
        Contact::Push => uninformed * not_pushed,
        Contact::Pull => uninformed * uninformed,
        Contact::PushPull => uninformed * uninformed * not_pushed,
    }
}

/// The uninformed share at the start and after each of `cycles` cycles.
#[must_use]
pub fn tail(contact: Contact, uninformed: f64, cycles: usize) -> Vec<f64> {
    let next = |share: &f64| Some(uninformed_after_cycle(contact, *share));
    std::iter::successors(Some(uninformed), next)
        .take(cycles + 1)
        .collect()
}
