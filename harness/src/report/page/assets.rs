//! The page's script and style, bundled from plain modules.
//!
//! Assets are ES modules, so that node imports and tests them one by one. The page has
//! one inline script of all of them: imports are dropped, `export` is taken off, and the
//! modules stand one after the other, those that others need first. Hence their rules:
//! every import and every re-export (`export { … } from`) on a line of its own, other
//! exports named and at the beginning of a line, no name at the top level of two modules.

use std::fmt::Write as _;
use std::sync::LazyLock;

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

macro_rules! assets {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("assets/", $name)))),*]
    };
}

/// In the order of the bundle.
const SCRIPTS: &[(&str, &str)] = assets![
    "vendor/uPlot.iife.min.js",
    "text.js",
    "columns.js",
    "model.js",
    "time.js",
    "bins.js",
    "theme.js",
    "build.js",
    "bands.js",
    "keys.js",
    "numbers.js",
    "charts.js",
    "tallies.js",
    "lanes.js",
    "track.js",
    "reach.js",
    "cells.js",
    "grid.js",
    "network.js",
    "latency.js",
    "operations.js",
    "propagation.js",
    "matrix.js",
    "heat.js",
    "playback.js",
    "topology-graph.js",
    "topology.js",
    "contents.js",
    "json-text.js",
    "diagram-layout.js",
    "diagram-index.js",
    "diagram-causes.js",
    "diagram-hit.js",
    "diagram-words.js",
    "diagram-marks.js",
    "diagram-faults.js",
    "diagram-messages.js",
    "diagram-selection.js",
    "diagram-under.js",
    "diagram-legend.js",
    "diagram-overview.js",
    "diagram-input.js",
    "follow.js",
    "details.js",
    "filter.js",
    "diagram-table.js",
    "diagram.js",
    "main.js",
];

const STYLES: &[(&str, &str)] = assets![
    "vendor/uPlot.min.css",
    "style.css",
    "diagram.css",
    "shell.css"
];

/// What every page has.
pub struct Assets {
    /// The script.
    pub script: String,
    /// The style sheet.
    pub style: String,
    /// The Content-Security-Policy: this script, styles, pictures made here, nothing else.
    pub policy: String,
}

/// Bundled once.
pub static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let script = bundle(SCRIPTS);
    let hash = BASE64.encode(&Sha256::digest(&script));
    Assets {
        policy: format!(
            "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; \
             img-src data: blob:; base-uri 'none'; form-action 'none'"
        ),
        style: STYLES.iter().map(|(_, text)| *text).collect(),
        script,
    }
});

fn bundle(modules: &[(&str, &str)]) -> String {
    let mut out = String::new();
    // Its licence asks to go with it.
    let _ = writeln!(
        out,
        "/*\nuPlot\n{}*/",
        include_str!("assets/vendor/LICENSE-uPlot")
    );
    for (name, text) in modules {
        out.push_str("\n// ");
        out.push_str(name);
        out.push('\n');
        let elsewhere = |line: &&str| line.starts_with("import ") || line.starts_with("export {");
        for line in text.lines().filter(|line| !elsewhere(line)) {
            out.push_str(line.strip_prefix("export ").unwrap_or(line));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_asset_can_end_its_element_and_none_needs_a_network() {
        for (name, text) in SCRIPTS.iter().chain(STYLES) {
            let lower = text.to_lowercase();
            for forbidden in [
                "<script",
                "</script",
                "<!--",
                "</style",
                "innerhtml",
                "@import",
                "eval(",
            ] {
                let vendor = name.starts_with("vendor/") && forbidden == "innerhtml";
                assert!(
                    vendor || !lower.contains(forbidden),
                    "{name} has {forbidden}"
                );
            }
        }
    }

    #[test]
    fn every_asset_is_in_the_bundle() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/page/assets");
        for folder in ["", "vendor/"] {
            let entries = std::fs::read_dir(format!("{directory}/{folder}")).expect("listed");
            for entry in entries {
                let name = entry.expect("listed").file_name();
                let name = format!("{folder}{}", name.to_string_lossy());
                let is_asset = name.ends_with(".js") || name.ends_with(".css");
                let mut bundled = SCRIPTS.iter().chain(STYLES).map(|asset| asset.0);
                assert!(
                    !is_asset || bundled.any(|asset| asset == name),
                    "{name} is not"
                );
            }
        }
    }

    #[test]
    fn modules_keep_the_rules_of_the_bundle() {
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        for (module, text) in SCRIPTS.iter().filter(|one| !one.0.starts_with("vendor/")) {
            for line in text.lines() {
                assert!(!line.starts_with("export default"), "{module}: {line}");
                let elsewhere = line.starts_with("import ") || line.starts_with("export {");
                assert!(
                    !elsewhere || line.ends_with("\";"),
                    "{module}: an import on several lines: {line}"
                );
                let line = line.strip_prefix("export ").unwrap_or(line);
                let line = line.strip_prefix("async ").unwrap_or(line);
                let name = ["function ", "function* ", "const ", "let ", "class "]
                    .iter()
                    .find_map(|word| line.strip_prefix(word));
                let Some(name) = name else { continue };
                let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
                let name: String = name.chars().take_while(|&c| is_name(c)).collect();
                let other = (!name.is_empty()).then(|| names.insert(name.clone(), module));
                assert!(
                    other.flatten().is_none(),
                    "{name} stands at the top of {module} and of {}",
                    other.flatten().unwrap_or_default()
                );
            }
        }
    }
}
