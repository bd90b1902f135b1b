//! The command that runs something again.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Flags that have nothing to do with what is run: with a value of their own, or not.
const WITH_VALUE: [&str; 9] = [
    "--seed",
    "--test-count",
    "--stress-count",
    "--stress-duration",
    "--keep",
    "--jobs",
    "--color",
    "--junit",
    "--ci",
];
const ALONE: [&str; 9] = [
    "--dry-run",
    "--json",
    "--no-report",
    "--quiet",
    "-q",
    "--verbose",
    "--log-stderr",
    "--log-net-send",
    "--log-net-recv",
];

/// The command line `arguments` with this seed, as one can paste it into a shell.
/// What only concerns the output is left out.
pub fn command_line(arguments: &[OsString], seed: u64) -> String {
    let split = arguments.iter().position(|argument| argument == "--");
    let (ours, nodes) = arguments.split_at(split.unwrap_or(arguments.len()));
    let mut kept: Vec<&OsStr> = Vec::new();
    let mut rest = ours.iter();
    while let Some(argument) = rest.next() {
        let bytes = argument.as_bytes();
        let is = |flag: &&str| bytes == flag.as_bytes();
        let assigns = |flag: &&str| {
            let value = bytes.strip_prefix(flag.as_bytes());
            value.is_some_and(|value| value.first() == Some(&b'='))
        };
        if WITH_VALUE.iter().any(&is) {
            rest.next();
        } else if !WITH_VALUE.iter().any(&assigns) && !ALONE.iter().any(&is) {
            kept.push(argument);
        }
    }
    let seed = [OsString::from("--seed"), OsString::from(seed.to_string())];
    kept.extend(seed.iter().map(OsString::as_os_str));
    kept.extend(nodes.iter().map(OsString::as_os_str));
    let quoted: Vec<String> = kept.into_iter().map(quote).collect();
    quoted.join(" ")
}

/// As a shell reads it back.
pub fn quote(word: &OsStr) -> String {
    let bytes = word.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return word.to_string_lossy().into_owned();
    }
    // Only NUL cannot be quoted, and no argument has one.
    let quoted = shlex::bytes::try_quote(bytes).unwrap_or_default();
    String::from_utf8_lossy(&quoted).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(line: &[&str]) -> String {
        let arguments: Vec<OsString> = line.iter().map(OsString::from).collect();
        command_line(&arguments, 7)
    }

    #[test]
    fn the_seed_is_pinned_and_output_flags_are_left_out() {
        assert_eq!(
            again(&[
                "./swelkie",
                "test",
                "-w",
                "echo",
                "--seed=3",
                "--json",
                "--junit",
                "all.xml",
                "--ci=github",
                "--builtin",
                "echo",
                "--test-count",
                "9"
            ]),
            "./swelkie test -w echo --builtin echo --seed 7"
        );
    }

    #[test]
    fn node_arguments_stay_behind_the_dashes_and_keep_their_own_seed() {
        assert_eq!(
            again(&[
                "swelkie",
                "test",
                "-w",
                "echo",
                "--bin",
                "./my node",
                "--",
                "--seed",
                "3",
                "-q"
            ]),
            "swelkie test -w echo --bin './my node' --seed 7 -- --seed 3 -q"
        );
    }
}
