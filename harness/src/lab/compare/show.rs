//! A scoreboard for people, spreadsheets and programs.

use std::fmt::Write as _;
use std::io;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde_json::{Value, json};
use swelkie_checkers::Validity;

use super::{Key, LIMITS, Public, Reported, Scoreboard, Spread, Standing};

/// A line below the head, and below it all.
const STYLE: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('═').junction('═'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// What stands where the mode does in a row that people report.
const PUBLIC_MODE: &str = "public";

/// The table of a scoreboard: strategies, and below them what people report.
#[must_use]
pub fn table(board: &Scoreboard) -> String {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads(board));
    table.add_rows(rows(board));
    for (at, column) in table.column_iter_mut().enumerate() {
        let number = (3..3 + Key::ALL.len()).contains(&at);
        column.set_cell_alignment(match number {
            true => CellAlignment::Right,
            false => CellAlignment::Left,
        });
    }
    table.to_string()
}

/// The heads of the columns.
pub(super) fn heads(board: &Scoreboard) -> Vec<&'static str> {
    let mut heads = vec!["strategy", "mode", "verdict"];
    heads.extend(Key::ALL.map(Key::head));
    heads.push("front");
    if board.comparable {
        heads.extend(LIMITS.map(|limit| limit.name));
    }
    heads
}

/// The rows: strategies, then what people report.
pub(super) fn rows(board: &Scoreboard) -> Vec<Vec<String>> {
    let ours = board.standings.iter().enumerate();
    let ours = ours.map(|(at, standing)| row(board, at, standing));
    let theirs = board.public();
    let theirs = theirs.iter().map(|public| public_row(board, public));
    ours.chain(theirs).collect()
}

fn row(board: &Scoreboard, at: usize, standing: &Standing) -> Vec<String> {
    let mut row = vec![
        standing.strategy.clone(),
        standing.mode.to_string(),
        verdict(standing),
    ];
    let figure = |key| {
        standing
            .figure(key)
            .map_or("–".to_owned(), |spread| spread_text(key, spread))
    };
    row.extend(Key::ALL.map(figure));
    row.push(match (board.front_median[at], board.front_max[at]) {
        (true, true) => "median, max".to_owned(),
        (true, false) => "median".to_owned(),
        (false, true) => "max".to_owned(),
        (false, false) => String::new(),
    });
    if board.comparable {
        let kept = LIMITS.map(|limit| match limit.is_kept_by(standing) {
            true => "pass".to_owned(),
            false => "fail".to_owned(),
        });
        row.extend(kept);
    }
    row
}

/// `valid`, `INVALID`, `INVALID 2 of 10`
fn verdict(standing: &Standing) -> String {
    let word = match standing.validity() {
        Validity::Valid => return "valid".to_owned(),
        Validity::Invalid => "INVALID",
        Validity::Unknown => "unknown",
    };
    match standing.scores.len() {
        1 => word.to_owned(),
        runs => format!("{word} {} of {runs}", standing.not_valid()),
    }
}

/// `12.1`, or with its range over the runs: `12.1 (12.0–12.3)`
fn spread_text(key: Key, spread: Spread) -> String {
    let ranged = !matches!(key, Key::Bytes | Key::Busiest);
    let [low, middle, high] =
        [spread.low, spread.middle, spread.high].map(|value| key.shown(value));
    match low == high || !ranged {
        true => middle,
        false => format!("{middle} ({low}–{high})"),
    }
}

fn public_row(board: &Scoreboard, public: &Public) -> Vec<String> {
    let verdict = match board.beat(public).len() {
        0 => "reported".to_owned(),
        many => format!("beaten by {many}"),
    };
    let mut row = vec![public.approach.to_owned(), PUBLIC_MODE.to_owned(), verdict];
    let figure = |key| match public.figure(key) {
        Some(figure) => figure.to_string(),
        None => "–".to_owned(),
    };
    row.extend(Key::ALL.map(figure));
    row.push(String::new());
    row.extend(LIMITS.map(|_| String::new()));
    row
}

/// `12`, `~70`, `22–23`
impl std::fmt::Display for Reported {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let about = if self.about { "~" } else { "" };
        write!(f, "{about}{}", self.low)?;
        if self.high > self.low {
            write!(f, "–{}", self.high)?;
        }
        Ok(())
    }
}

/// What the table's columns mean, and what went wrong in the runs that are not valid:
/// a line each, the command that repeats it, and where its record is.
#[must_use]
pub fn legend(board: &Scoreboard) -> String {
    let mut out = format!(
        "sorted by {}, valid ones first; front: nobody valid has both fewer messages and less latency (median, max)\n",
        board.sort
    );
    out.push_str(if board.comparable {
        "public: as people report them from the reference; beaten by so many valid rows that are at least as good in messages,\n\
         median and max, and better in one; 3d and 3e: whether every run keeps the challenges' limits\n"
    } else {
        "the public figures and the challenges' limits are for 25 nodes, 100 operations/s for 20s, 100ms constant latency,\n\
         no faults and 10s of recovery: left out\n"
    });
    for standing in &board.standings {
        for (score, warning) in standing.warnings().take(2) {
            let name = standing.name();
            let _ = write!(out, "\n{name}, seed {}: warning: {warning}\n", score.seed);
        }
    }
    for standing in &board.standings {
        let Some((score, trouble)) = standing.trouble() else {
            continue;
        };
        let _ = write!(
            out,
            "\n{}, seed {}: {}\n  again  {}\n",
            standing.name(),
            score.seed,
            trouble.text,
            trouble.again
        );
        if let Some(directory) = &trouble.directory {
            let _ = writeln!(out, "  files  {}", directory.display());
        }
    }
    out
}

/// Writes a line for each strategy and each public approach. Of several runs the median,
/// the least and the most.
///
/// # Errors
/// If `out` does not take it.
pub fn csv(board: &Scoreboard, out: impl io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let mut head: Vec<String> = ["strategy", "mode", "verdict", "runs", "not_valid"]
        .map(str::to_owned)
        .to_vec();
    for key in Key::ALL {
        head.extend([
            format!("{key}"),
            format!("{key}_low"),
            format!("{key}_high"),
        ]);
    }
    head.extend(["front_median", "front_max", "limit_3d", "limit_3e"].map(str::to_owned));
    csv.write_record(head)?;
    for (at, standing) in board.standings.iter().enumerate() {
        let validity = word(standing.validity());
        let counts = [standing.scores.len(), standing.not_valid()].map(|count| count.to_string());
        let mut line = vec![
            standing.strategy.clone(),
            standing.mode.to_string(),
            validity,
        ];
        line.extend(counts);
        for key in Key::ALL {
            let figure = standing.figure(key);
            line.extend(match figure {
                Some(spread) => {
                    [spread.middle, spread.low, spread.high].map(|value| value.to_string())
                }
                None => [const { String::new() }; 3],
            });
        }
        line.extend([board.front_median[at], board.front_max[at]].map(|on| on.to_string()));
        line.extend(LIMITS.map(|limit| match board.comparable {
            true => limit.is_kept_by(standing).to_string(),
            false => String::new(),
        }));
        csv.write_record(line)?;
    }
    for public in board.public() {
        let mut line = [public.approach, PUBLIC_MODE, "reported", "", ""]
            .map(str::to_owned)
            .to_vec();
        for key in Key::ALL {
            line.extend(match public.figure(key) {
                Some(figure) => {
                    [figure.low, figure.low, figure.high].map(|value| value.to_string())
                }
                None => [const { String::new() }; 3],
            });
        }
        line.extend([const { String::new() }; 4]);
        csv.write_record(line)?;
    }
    csv.flush()
}

/// The scoreboard for programs.
#[must_use]
pub fn json(board: &Scoreboard) -> Value {
    let standings = board.standings.iter().enumerate().map(|(at, standing)| {
        let figures = Key::ALL.iter().filter_map(|&key| {
            let spread = serde_json::to_value(standing.figure(key)?).ok()?;
            Some((key.name().to_owned(), spread))
        });
        let limits = LIMITS
            .iter()
            .map(|limit| (limit.name.to_owned(), limit.is_kept_by(standing).into()));
        json!({
            "strategy": standing.strategy,
            "mode": standing.mode,
            "validity": standing.validity(),
            "not_valid": standing.not_valid(),
            "figures": Value::Object(figures.collect()),
            "front": { "median": board.front_median[at], "max": board.front_max[at] },
            "limits": board.comparable.then(|| Value::Object(limits.collect())),
            "runs": standing.scores,
        })
    });
    let public = board.public().into_iter().map(|public| {
        let beaten: Vec<String> = board.beat(public).into_iter().map(Standing::name).collect();
        json!({
            "approach": public.approach,
            "msgs": public.msgs,
            "median": public.median,
            "max": public.max,
            "beaten_by": beaten,
        })
    });
    json!({
        "version": 1,
        "sort": board.sort,
        "standings": standings.collect::<Vec<_>>(),
        "public": public.collect::<Vec<_>>(),
    })
}

fn word(validity: Validity) -> String {
    match validity {
        Validity::Valid => "valid",
        Validity::Invalid => "invalid",
        Validity::Unknown => "unknown",
    }
    .to_owned()
}
