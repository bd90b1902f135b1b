//! What the harness and its supervisor tell each other: one JSON text per packet.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::engine::Exit;

/// One life of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Life {
    /// Which node.
    pub node: usize,
    /// Which life, from 0.
    pub incarnation: u32,
}

/// A process to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spawn {
    /// Whose process it is.
    pub life: Life,
    /// The node's name, which its descendants carry in their environment.
    pub name: String,
    /// The program, an absolute path.
    #[serde(with = "text")]
    pub program: OsString,
    /// Its arguments.
    #[serde(with = "texts")]
    pub args: Vec<OsString>,
    /// Additions to the harness's own environment.
    #[serde(with = "pairs")]
    pub env: Vec<(OsString, OsString)>,
    /// Its working directory.
    pub cwd: PathBuf,
}

/// What can be done to a node's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// SIGKILL to all of them, until none is left.
    Kill,
    /// SIGTERM to the node's process group.
    Terminate,
    /// SIGSTOP to all of them.
    Stop,
    /// SIGCONT to all of them.
    Continue,
}

/// From the harness.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// How many files a node may open; nothing is unlimited.
    FileLimit(Option<u64>),
    /// With it come the node's ends of stdin, stdout and stderr.
    Spawn(Spawn),
    Signal(Life, Signal),
}

/// From the supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The process runs.
    Spawned {
        /// Whose.
        life: Life,
        /// Its number.
        pid: i32,
    },
    /// The process could not be started.
    SpawnFailed {
        /// Whose.
        life: Life,
        /// The operating system's words.
        error: String,
    },
    /// The process ended and has been reaped. What it wrote may still be in its pipes.
    Exited {
        /// Whose.
        life: Life,
        /// How.
        #[serde(with = "exit")]
        exit: Exit,
    },
}

/// A string as text where it is Unicode, as bytes where it is not.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Text {
    Unicode(String),
    Bytes(Vec<u8>),
}

impl From<&OsStr> for Text {
    fn from(string: &OsStr) -> Text {
        match string.to_str() {
            Some(text) => Text::Unicode(text.to_owned()),
            None => Text::Bytes(string.as_bytes().to_vec()),
        }
    }
}

impl From<Text> for OsString {
    fn from(text: Text) -> OsString {
        match text {
            Text::Unicode(text) => text.into(),
            Text::Bytes(bytes) => OsString::from_vec(bytes),
        }
    }
}

mod text {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub(super) fn serialize<S: Serializer>(string: &OsStr, to: S) -> Result<S::Ok, S::Error> {
        Text::from(string).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<OsString, D::Error> {
        Ok(Text::deserialize(from)?.into())
    }
}

mod texts {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub(super) fn serialize<S: Serializer>(strings: &[OsString], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(strings.iter().map(|string| Text::from(string.as_os_str())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<OsString>, D::Error> {
        let texts = Vec::<Text>::deserialize(from)?;
        Ok(texts.into_iter().map(OsString::from).collect())
    }
}

mod pairs {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub(super) fn serialize<S: Serializer>(
        pairs: &[(OsString, OsString)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let pair = |(name, value): &(OsString, OsString)| {
            (Text::from(name.as_os_str()), Text::from(value.as_os_str()))
        };
        to.collect_seq(pairs.iter().map(pair))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<(OsString, OsString)>, D::Error> {
        let texts = Vec::<(Text, Text)>::deserialize(from)?;
        let pair = |(name, value): (Text, Text)| (name.into(), value.into());
        Ok(texts.into_iter().map(pair).collect())
    }
}

/// `{"code":0}` or `{"signal":9}`.
mod exit {
    use serde::{Deserializer, Serializer};

    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Ending {
        Code(i32),
        Signal(i32),
    }

    pub(super) fn serialize<S: Serializer>(exit: &Exit, to: S) -> Result<S::Ok, S::Error> {
        let ending = match *exit {
            Exit::Code(code) => Ending::Code(code),
            Exit::Signal(signal) => Ending::Signal(signal),
        };
        ending.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Exit, D::Error> {
        Ok(match Ending::deserialize(from)? {
            Ending::Code(code) => Exit::Code(code),
            Ending::Signal(signal) => Exit::Signal(signal),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spawn_request_carries_arguments_that_are_not_unicode() {
        let odd = OsString::from_vec(vec![b'a', 0xff, b'\n']);
        let spawn = Spawn {
            life: Life {
                node: 3,
                incarnation: 1,
            },
            name: "n3".into(),
            program: "/bin/é".into(),
            args: vec![odd.clone(), "plain".into()],
            env: vec![("K".into(), odd)],
            cwd: "/tmp".into(),
        };
        let text = serde_json::to_vec(&Request::Spawn(spawn.clone())).unwrap();
        let Request::Spawn(back) = serde_json::from_slice(&text).unwrap() else {
            panic!("another request came back");
        };
        assert_eq!(back, spawn);
    }

    #[test]
    fn both_kinds_of_exit_come_back_as_they_were() {
        let life = Life {
            node: 0,
            incarnation: 0,
        };
        for exit in [Exit::Code(3), Exit::Signal(9)] {
            let event = Event::Exited { life, exit };
            let text = serde_json::to_vec(&event).unwrap();
            assert_eq!(serde_json::from_slice::<Event>(&text).unwrap(), event);
        }
    }
}
