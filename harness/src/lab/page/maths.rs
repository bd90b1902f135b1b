//! The mathematics behind the figures: definitions, intervals, formulas, sources.

use super::Note;
use crate::lab::interval::Confidence;
use crate::lab::measure::Figure;

fn note(title: &str, text: &str, formula: &str, source: &str) -> Note {
    Note {
        title: title.to_owned(),
        text: text.to_owned(),
        formula: formula.to_owned(),
        source: source.to_owned(),
    }
}

/// What a figure is, and the interval it comes with.
#[must_use]
pub fn figure(figure: Figure, confidence: Confidence) -> Vec<Note> {
    let interval = match figure {
        Figure::Everybody => Some(share(confidence)),
        Figure::BytesPerMessage => None,
        _ => Some(mean(confidence)),
    };
    [definition(figure)].into_iter().chain(interval).collect()
}

/// What a figure is.
#[must_use]
pub fn definition(figure: Figure) -> Note {
    let (text, formula) = match figure {
        Figure::Everybody => (
            "A trial is a success if at its end every node knows every rumor. The figure is the \
             share of successes among all trials.",
            "P(everybody) = successes / trials",
        ),
        Figure::Coverage => (
            "The share of nodes that know a rumor at the end, the mean over rumors and trials. \
             Coverage near 1 says little about everybody: one node of a thousand that never \
             hears leaves it at .999.",
            "coverage = nodes that know / n",
        ),
        Figure::Residue => (
            "The share of nodes that never hear of a rumor, the mean over rumors and trials.",
            "s = 1 − coverage",
        ),
        Figure::Time(_) | Figure::Rounds(_) => (
            "The time from the broadcast until this share of all nodes, rounded up to whole nodes, \
             know the rumor. The mean is over the trials in which that happened at all, so \
             read it beside P(everybody). Rounds are that time over the length of a round: \
             one hop, unless the experiment sets it.",
            "t(q) = min { t : nodes that know at t ≥ ⌈q · n⌉ }",
        ),
        Figure::LastTime | Figure::LastRound => (
            "The time from the broadcast until the last node that learns a rumor at all learns \
             it, whether or not everybody does.",
            "t(last) = max over the nodes reached",
        ),
        Figure::Hops => (
            "Of all nodes that learn something, the longest way, in hops, on which it first came. \
             Watched in the first trials of a cell only.",
            "max over nodes of hops(first copy)",
        ),
        Figure::MessagesPerNode => (
            "All messages sent between nodes, acknowledgements, questions and empty answers \
             included, lost ones too, over nodes and rumors. Clients' messages do not count.",
            "m = messages sent / (n · rumors)",
        ),
        Figure::CarryingPerNode => (
            "Messages that carry at least one rumor, over nodes and rumors: the traffic m of \
             Demers et al.",
            "m = messages with a rumor / (n · rumors)",
        ),
        Figure::CopiesPerNode => (
            "Rumors inside messages, over nodes and rumors: a message with three rumors counts \
             three times.",
            "copies carried / (n · rumors)",
        ),
        Figure::MessagesPerBroadcast => (
            "All messages sent between nodes, over the number of rumors.",
            "messages sent / rumors",
        ),
        Figure::BytesPerBroadcast | Figure::BytesPerMessage => (
            "The size of messages as the JSON that real processes would write, envelope \
             included. Watched in the first trials of a cell only. Bytes per message is a \
             ratio of two means and has no interval.",
            "bytes sent / rumors;  bytes sent / messages sent",
        ),
        Figure::Redundancy => (
            "Relative message redundancy: copies of a rumor that were carried for each node that \
             learned it, beyond the one that is needed. 0 is a tree, 1 sends everything twice.",
            "RMR = copies / nodes that learned − 1",
        ),
        Figure::PeakLoad => (
            "The most messages that any one node receives within one round, the mean over \
             trials. Watched in the first trials of a cell only.",
            "max over nodes and rounds of messages received",
        ),
    };
    let source = match figure {
        Figure::Residue | Figure::CarryingPerNode | Figure::LastRound => {
            "Demers et al., Epidemic Algorithms for Replicated Database Maintenance, CSL-89-1, 1987"
        }
        Figure::Redundancy => "Leitão, Pereira, Rodrigues, Epidemic Broadcast Trees, SRDS 2007",
        _ => "",
    };
    note(figure.name(), text, formula, source)
}

/// The interval of a share of trials.
#[must_use]
pub fn share(confidence: Confidence) -> Note {
    let text = format!(
        "Error bars and brackets: the {confidence} interval that holds at every moment at once, so \
         that stopping when it is narrow enough does not spoil it. A share p is ruled out once \
         the trials are 1/α times as likely under a mixture over all shares as under p, α = {}; \
         under the true share that ever happens with probability α at most (Ville). It is \
         about 1.4 times as wide as one for a number of trials fixed beforehand.",
        trimmed(confidence.miss())
    );
    note(
        "Interval of a share",
        &text,
        "p : B(k + ½, n − k + ½) / B(½, ½) < pᵏ (1 − p)ⁿ⁻ᵏ / α",
        "Robbins, Ann. Math. Statist. 41 (1970), p. 1397; Krichevsky, Trofimov, IEEE Trans. Inf. \
         Theory 27 (1981), p. 199",
    )
}

/// The interval of a mean over trials.
#[must_use]
pub fn mean(confidence: Confidence) -> Note {
    let text = format!(
        "Error bars and ±: the {confidence} interval of the mean over trials that holds at every \
         moment at once, whatever made the trials stop (Robbins' normal mixture, the variance s² \
         estimated from the n trials). α = {}; ρ makes it tightest near a thousand trials; for \
         few trials it is widened by t/z, Student's quantile over the normal one. It holds as far \
         as means are normally distributed.",
        trimmed(confidence.miss())
    );
    note(
        "Interval of a mean",
        &text,
        "mean ± s/√n · √((1 + 1/(nρ)) · (2 ln(1/α) + ln(1 + nρ))) · t/z",
        "Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, Ann. Statist. 52 (2024), theorem 2.2",
    )
}

/// The curves of coverage over time.
#[must_use]
pub fn curve() -> Note {
    note(
        "Coverage over time",
        "How many of all nodes know a rumor at the end of each step of time since its broadcast. \
         The line is the mean over the trials that were watched (the first ones of a cell); the \
         band reaches from the lowest to the highest of them, it is no confidence interval. Where \
         everybody tells one random other per round (SI epidemic) the curve is logistic: \
         the number that know grows by the same \
         factor at first, and the number that do not shrinks by one in the end.",
        "di/dt = β i (1 − i)  ⇒  i(t) = 1 / (1 + (n − 1) e^(−βt))",
        "Bailey, The Mathematical Theory of Infectious Diseases, 1975; Pittel, SIAM J. Appl. Math. \
         47 (1987), p. 213",
    )
}

/// How targets are judged.
#[must_use]
pub fn target() -> Note {
    note(
        "Target",
        "A target agrees if the 99.9% interval of the measurement, widened by half a unit of the \
         target's last digit, contains it. An interval wider than five units of that digit to \
         either side proves nothing: the target is open (?), and more trials would tell.",
        "target ∈ [low − u/2, high + u/2], u a unit of the last digit printed",
        "",
    )
}

/// Who is on the front of two costs.
#[must_use]
pub fn front() -> Note {
    note(
        "Pareto front",
        "A strategy is on the front if no other one costs less in one direction and no more in \
         the other. The dashed steps border what is beaten by somebody on the front; intervals \
         are not taken into account, so neighbours that overlap may change places.",
        "a beats b  ⇔  x(a) ≤ x(b), y(a) ≤ y(b), and one of them <",
        "",
    )
}

/// What theory says of telling random others once.
#[must_use]
pub fn everybody() -> Note {
    note(
        "How many each must tell",
        "Each node that hears of a rumor for the first time tells f random others, once. What \
         counts is their number, not their percentage: it grows with ln n only, and one more \
         divides the risk of missing anybody by about e. With a share ε of messages lost, f(1 − ε) \
         takes the place of f. (63%, or 1 − 1/e, is what n random messages over n nodes \
         cover, not what is needed to cover all.)",
        "P(everybody) ≈ exp(−(n−1)(1 − f/(n−1))ⁿ⁻¹);  f ≈ ln n + c,  c = −ln(−ln P)",
        "Erdős, Rényi 1960; Kermarrec, Massoulié, Ganesh, IEEE TPDS 14 (2003), p. 248",
    )
}

/// How a threshold is found.
#[must_use]
pub fn threshold(confidence: Confidence) -> Note {
    let text = format!(
        "The smallest parameter whose probability of reaching everybody is at least the target. A \
         value is ruled out by an interval that holds at every moment at once; what the budget \
         cannot separate is shown as a range. The answer is wrong in at most {} of searches.",
        trimmed(confidence.miss())
    );
    note(
        "Threshold",
        &text,
        "min { f : P(everybody | f) ≥ target }",
        "",
    )
}

/// Without the dust of binary fractions.
fn trimmed(share: f64) -> String {
    let text = format!("{share:.6}");
    text.trim_end_matches('0').to_owned()
}
