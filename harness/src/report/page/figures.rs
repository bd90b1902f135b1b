//! Figures as tables: spans with their quantiles in a row, everything else one by one.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, html};
use swelkie_checkers::{Figure, Figures};

use crate::summary::{grouped, three_digits};
use crate::units::short_duration;

/// All figures.
pub fn tables(figures: &Figures) -> Markup {
    let mut families: BTreeMap<&str, [Option<Figure>; 6]> = BTreeMap::new();
    let mut singles = Vec::new();
    for (name, &figure) in &figures.0 {
        let column = |word: &str| Figures::QUANTILES.iter().position(|one| *one == word);
        let quantile = name.rsplit_once('.').and_then(|(family, word)| {
            let whole = figures.0.contains_key(&format!("{family}.p50"))
                && figures.0.contains_key(&format!("{family}.p99"));
            Some((family, column(word).filter(|_| whole)?))
        });
        match quantile {
            Some((family, column)) => families.entry(family).or_default()[column] = Some(figure),
            None => singles.push((name, figure)),
        }
    }
    html! {
        @if !families.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Quantiles" {
                table {
                    thead {
                        tr {
                            th scope="col" { "figure" }
                            @for word in Figures::QUANTILES { th.number scope="col" { (word) } }
                        }
                    }
                    tbody {
                        @for (name, cells) in &families {
                            tr {
                                th scope="row" { code { (name) } }
                                @for cell in cells {
                                    td.number { @if let Some(figure) = cell { (shown(*figure)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if !singles.is_empty() {
            dl.singles {
                @for (name, figure) in &singles {
                    div { dt { code { (name) } } dd.number { (shown(*figure)) } }
                }
            }
        }
    }
}

/// Durations with their unit, other numbers to three digits.
fn shown(figure: Figure) -> String {
    match figure {
        Figure::Duration(nanos) => short_duration(Duration::from_nanos(nanos)),
        Figure::Count(count) => grouped(count),
        Figure::Number(number) => three_digits(number),
    }
}
