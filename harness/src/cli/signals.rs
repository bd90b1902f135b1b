//! Ctrl-C for commands that make several runs: the first one ends what goes on, so that
//! there is something to say in the end; the second one ends the program as usual.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Which signal came.
pub struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Replaces this process's handlers of SIGINT and SIGTERM.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn install() -> io::Result<Signals> {
        let (which, second) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the first signal finds the flag unset and sets it.
            flag::register_conditional_default(signal, Arc::clone(&second))?;
            flag::register(signal, Arc::clone(&second))?;
            flag::register_usize(signal, Arc::clone(&which), signal as usize)?;
        }
        Ok(Signals(which))
    }

    /// The signal that came, if one did.
    pub fn came(&self) -> Option<i32> {
        let signal = i32::try_from(self.0.load(Ordering::Relaxed)).ok()?;
        (signal != 0).then_some(signal)
    }
}
