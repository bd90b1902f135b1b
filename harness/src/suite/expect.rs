//! What a suite expects of a run: that it is valid, or that a broken node is caught.

use std::fmt;

use serde::Serialize;
use swelkie_checkers::Validity;

use crate::report::Report;

/// What is expected of every run of a rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// The verdict.
    pub validity: Validity,
    /// Kinds of evidence, one of which must be there; empty for any.
    pub kinds: Vec<String>,
}

impl Default for Expectation {
    fn default() -> Expectation {
        Expectation {
            validity: Validity::Valid,
            kinds: Vec::new(),
        }
    }
}

impl Expectation {
    /// What is not as it was expected.
    #[must_use]
    pub fn unmet(&self, report: &Report) -> Option<String> {
        // What an interrupted run shows to be broken is broken.
        if !matches!(report.exit_status, 0..=2 | 130 | 143) {
            return Some(format!("expected {self}; {}", report.headline));
        }
        if report.validity != self.validity {
            let found = word(report.validity);
            return Some(match self.validity {
                Validity::Valid => report.headline.clone(),
                _ => format!("expected {self}, and it is {found}: {}", report.headline),
            });
        }
        let mut kinds = report.anomalies.iter().map(|anomaly| &*anomaly.kind);
        let wanted = |kind: &str| self.kinds.iter().any(|wanted| wanted == kind);
        if self.kinds.is_empty() || kinds.any(wanted) {
            return None;
        }
        Some(format!(
            "expected {self}, and the evidence is other: {}",
            report.headline
        ))
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(word(self.validity))?;
        match self.kinds.as_slice() {
            [] => Ok(()),
            kinds => write!(f, " ({})", kinds.join(" or ")),
        }
    }
}

/// A verdict as files write it.
pub fn word(validity: Validity) -> &'static str {
    match validity {
        Validity::Valid => "valid",
        Validity::Invalid => "invalid",
        Validity::Unknown => "unknown",
    }
}
