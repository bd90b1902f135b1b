//! Rumor mongering: what is new is hot, and is told until it no longer is news.
//!
//! - [`monger`]: push, pull or both; blind or with feedback; by coin or by counter.
//!
//! Source: Demers, Greene, Hauser, Irish, Larson, Shenker, Sturgis, Swinehart, Terry,
//! "Epidemic Algorithms for Replicated Database Maintenance", Xerox PARC CSL-89-1 (and
//! PODC 1987), section 1.4.

mod config;
mod hot;
mod message;
pub mod monger;
#[cfg(test)]
mod tests;

pub use config::Config;
pub use message::Contact;
pub use monger::Monger;
