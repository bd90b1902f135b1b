//! Several runs one after another, in a program that has something to say in the end.

use std::io;

use crate::platform::{HeldInterrupts, Interrupts};

/// While it lives, a SIGINT or SIGTERM between two runs does not end the program, nor is
/// it forgotten: [`Series::interrupted`] tells it. During a run that catches signals it
/// ends the run, whose report says so; a second signal ends the program.
pub struct Series {
    // Let go first: the handlers then end the program again.
    _held: HeldInterrupts,
    interrupts: Interrupts,
}

impl Series {
    /// Begins.
    ///
    /// # Errors
    /// If signals cannot be handled.
    pub fn begin() -> io::Result<Series> {
        // Installed before it is held: signals from before are not ours.
        let interrupts = Interrupts::install()?;
        Ok(Series {
            _held: HeldInterrupts::new(),
            interrupts,
        })
    }

    /// The exit status of a program that was asked to end since the last run, 130 or 143.
    ///
    /// # Errors
    /// What reading gives.
    pub fn interrupted(&self) -> io::Result<Option<u8>> {
        let signal = self.interrupts.poll()?;
        Ok(signal.map(|signal| u8::try_from(128 + signal).unwrap_or(130)))
    }
}
