//! Reading `[[queue]]`: queues of an experiment.
//!
//! ```toml
//! [[queue]]
//! rate = [10, 1000]           # requests per second of all nodes together
//! arrivals = "random"         # or "even"
//! service = "60us"            # always; "60us exponential"; or a list of what was measured
//! congests = "no"             # what is claimed
//! ```

use std::time::Duration;

use serde::Deserialize;

use super::matrix::Values;
use crate::lab::congestion::{Arrivals, Load, Queue, Service};
use crate::units::parse_duration;

/// A queue before one server, under one or several rates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct QueueBlock {
    rate: Values,
    arrivals: Option<String>,
    service: Values,
    #[serde(default)]
    label: String,
    requests: Option<usize>,
    congests: Option<Values>,
}

/// How many requests are simulated, 30 times over, if nobody says.
const REQUESTS: usize = 20_000;

/// The queues of a block.
pub fn loads(block: &QueueBlock) -> Result<Vec<Load>, String> {
    let arrivals = match block.arrivals.as_deref().unwrap_or("random") {
        "random" => Arrivals::Poisson,
        "even" => Arrivals::Uniform,
        other => {
            return Err(format!(
                "arrivals is `{other}`: expected `random` (Poisson) or `even` (as the harness invokes)"
            ));
        }
    };
    let service = service(&block.service.0)?;
    let Values(rates) = &block.rate;
    let claims: &[String] = block.congests.as_ref().map_or(&[], |values| &values.0);
    if !claims.is_empty() && claims.len() != 1 && claims.len() != rates.len() {
        return Err(format!(
            "congests has {} values for {} rates: expected one, or one for each",
            claims.len(),
            rates.len()
        ));
    }
    let load = |(at, rate): (usize, &String)| {
        let claim = claims.get(if claims.len() == 1 { 0 } else { at });
        Ok(Load {
            label: block.label.clone(),
            queue: Queue {
                rate: parse_rate(rate)?,
                arrivals,
                service: service.clone(),
            },
            requests: block.requests.unwrap_or(REQUESTS).max(1),
            congests: claim.map(|claim| yes(claim)).transpose()?.flatten(),
        })
    };
    rates.iter().enumerate().map(load).collect()
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok();
    rate.filter(|rate| rate.is_finite() && *rate > 0.0)
        .ok_or_else(|| format!("rate is `{text}`: expected requests per second above 0"))
}

fn yes(text: &str) -> Result<Option<bool>, String> {
    match text {
        "yes" => Ok(Some(true)),
        "no" => Ok(Some(false)),
        "-" => Ok(None),
        _ => Err(format!(
            "congests is `{text}`: expected `yes`, `no`, or `-` for no claim"
        )),
    }
}

fn service(values: &[String]) -> Result<Service, String> {
    let span = |text: &str| -> Result<Duration, String> {
        let span = parse_duration(text, None).map_err(|error| format!("service: {error}"))?;
        match span.is_zero() {
            true => Err("service is 0: expected how long the lock is held".to_owned()),
            false => Ok(span),
        }
    };
    match values {
        [] => Err("service is empty: expected how long the lock is held".to_owned()),
        [one] => match one.strip_suffix("exponential") {
            Some(mean) => span(mean.trim()).map(Service::Exponential),
            None => span(one).map(Service::Constant),
        },
        many => {
            let spans: Result<Vec<Duration>, String> = many.iter().map(|text| span(text)).collect();
            spans.map(Service::Measured)
        }
    }
}
