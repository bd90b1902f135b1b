//! Where an export goes: a file that is there whole or not at all, or stdout.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use indicatif::HumanBytes;
use signal_hook::consts::{SIGINT, SIGTERM};
use tempfile::NamedTempFile;

use super::super::{Failure, screen};

/// What an export is written to. Counts, and ends when a signal comes.
pub struct Output {
    to: BufWriter<Box<dyn Write + Send>>,
    bytes: u64,
    /// The signal that came; 0 while none did.
    signal: Arc<AtomicUsize>,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.signal.load(Ordering::Relaxed) != 0 {
            return Err(io::Error::other("interrupted"));
        }
        let written = self.to.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Writes to a file, or to stdout; returns the exit status. The file is there only when
/// all of it is.
pub fn write(
    path: Option<&Path>,
    export: impl FnOnce(&mut Output) -> io::Result<()>,
) -> Result<u8, Failure> {
    let signal = Arc::new(AtomicUsize::new(0));
    let place = Place::find(path)?;
    if let Place::Fresh { .. } = place {
        watch(&signal)?;
    }
    let mut output = Output {
        to: BufWriter::with_capacity(1 << 18, place.open()?),
        bytes: 0,
        signal: Arc::clone(&signal),
    };
    let written = screen::patiently(&format!("writing {}", place.shown()), || {
        export(&mut output).and_then(|()| output.flush())
    });
    let bytes = output.bytes;
    drop(output.to.into_parts());
    if let (Err(_), number @ 1..) = (&written, signal.load(Ordering::Relaxed)) {
        return Ok(128 + number as u8);
    }
    match written {
        Ok(()) => place.keep(bytes)?,
        // A reader that has seen enough is no failure.
        Err(error) if path.is_none() && error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            return Err(Failure::Usage(error.to_string()));
        }
        Err(error) => {
            return Err(Failure::Ours(format!(
                "cannot write {}: {error}",
                place.shown()
            )));
        }
    }
    Ok(0)
}

/// Has the first signal end the writing, so that no half file stays; the next one ends us.
fn watch(signal: &Arc<AtomicUsize>) -> io::Result<()> {
    let armed = Arc::new(AtomicBool::new(false));
    for number in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(number, Arc::clone(&armed))?;
        signal_hook::flag::register(number, Arc::clone(&armed))?;
        signal_hook::flag::register_usize(number, Arc::clone(signal), number as usize)?;
    }
    Ok(())
}

/// Where bytes go.
enum Place {
    Stdout,
    /// Something that is written to as it is: a pipe, a terminal, /dev/null.
    Device(PathBuf),
    /// A file beside the one it becomes.
    Fresh {
        fresh: NamedTempFile,
        target: PathBuf,
        /// As the user names it.
        name: PathBuf,
    },
}

impl Place {
    fn find(path: Option<&Path>) -> Result<Place, Failure> {
        let Some(path) = path else {
            return Ok(Place::Stdout);
        };
        // What a link points to is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&target) {
            Ok(there) if there.is_dir() => {
                return Err(Failure::Usage(format!(
                    "--out {} is a directory; expected a file, or - for stdout",
                    path.display()
                )));
            }
            Ok(there) if !there.is_file() => return Ok(Place::Device(target)),
            _ => {}
        }
        let directory = target
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        let fresh = tempfile::Builder::new()
            .prefix(".swelkie-export-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(directory);
        match fresh {
            Ok(fresh) => Ok(Place::Fresh {
                fresh,
                target,
                name: path.to_owned(),
            }),
            Err(error) => Err(Failure::Usage(format!(
                "cannot write {}: {}; --out names another place, - is stdout",
                path.display(),
                // Without the name that nobody gave.
                io::Error::from(error.kind())
            ))),
        }
    }

    fn open(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(match self {
            Place::Stdout => Box::new(io::stdout()),
            Place::Device(path) => Box::new(File::options().write(true).open(path)?),
            Place::Fresh { fresh, .. } => Box::new(fresh.reopen()?),
        })
    }

    fn shown(&self) -> String {
        match self {
            Place::Stdout => "to stdout".to_owned(),
            Place::Device(name) | Place::Fresh { name, .. } => name.display().to_string(),
        }
    }

    /// All of it was written.
    fn keep(self, bytes: u64) -> Result<(), Failure> {
        let shown = self.shown();
        if let Place::Fresh { fresh, target, .. } = self {
            fresh
                .persist(&target)
                .map_err(|error| Failure::Ours(format!("cannot write {shown}: {}", error.error)))?;
            anstream::eprintln!("{shown}: {}", HumanBytes(bytes));
        }
        Ok(())
    }
}

/// An error of a writer that keeps those of the file below in its own.
#[cfg(feature = "parquet")]
pub fn io_error(error: parquet::errors::ParquetError) -> io::Error {
    match error {
        parquet::errors::ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        other => io::Error::other(other),
    }
}
