//! Telling all neighbours.
//!
//! - [`once`]: what is new is told once.
//! - [`forever`]: all that is heard is told, for ever.
//! - [`own_file`]: what is new is stored and told once.
//! - [`retry`]: until each acknowledges it, stored.
//! - [`g_set`]: the same in intervals, and to everybody.
//!
//! [`replica`] is what [`retry`] and [`g_set`] share.

pub mod forever;
pub mod g_set;
pub mod once;
pub mod own_file;
pub mod replica;
pub mod retry;

pub use forever::Forever;
pub use g_set::GSet;
pub use once::Flood;
pub use own_file::OwnFile;
pub use retry::Retry;
