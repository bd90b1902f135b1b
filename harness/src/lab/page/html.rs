//! The page as HTML.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Body, Exhibit, Mark, Note, Page, Table, front, heat, lines};

const STYLE: &str = include_str!("style.css");

/// No script, no network: the browser is told so, and would refuse.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Cells of a table with more letters than this may be broken.
const LONG: usize = 30;

impl Page {
    /// One HTML file that needs nothing else.
    #[must_use]
    pub fn html(&self) -> String {
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body { (self.body()) }
            }
        };
        // Control characters are neither HTML nor XML, escaped or not.
        let shown = |c: char| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        };
        markup.into_string().chars().map(shown).collect()
    }

    fn body(&self) -> Markup {
        html! {
            main {
                h1 { (self.title) }
                (paragraphs(&self.about))
                @if !self.source.is_empty() { p.source { "Compared with: " (self.source) } }
                @if self.sections.len() > 2 {
                    nav {
                        @for (number, section) in self.sections.iter().enumerate() {
                            a href={ "#part" (number) } { (section.title) }
                        }
                    }
                }
                @for (number, section) in self.sections.iter().enumerate() {
                    section id={ "part" (number) } {
                        h2 { (section.title) }
                        (paragraphs(&section.about))
                        @for exhibit in &section.exhibits { (exhibit.markup()) }
                    }
                }
            }
        }
    }
}

impl Exhibit {
    fn markup(&self) -> Markup {
        html! {
            figure.wide[matches!(self.body, Body::Table(_))] {
                figcaption {
                    h3 { (self.title) }
                    (paragraphs(&self.about))
                }
                @match &self.body {
                    Body::Lines(body) => (lines::draw(&self.title, body)),
                    Body::Front(body) => (front::draw(&self.title, body)),
                    Body::Heat(body) => (heat::draw(&self.title, body)),
                    Body::Table(body) => (table(body)),
                }
                @if !self.notes.is_empty() {
                    details {
                        summary { "The mathematics" }
                        dl { @for note in &self.notes { (definition(note)) } }
                    }
                }
            }
        }
    }
}

fn definition(note: &Note) -> Markup {
    html! {
        dt { (note.title) }
        dd {
            (paragraphs(&note.text))
            @if !note.formula.is_empty() { p.formula { (note.formula) } }
            @if !note.source.is_empty() { p.source { (note.source) } }
        }
    }
}

fn table(table: &Table) -> Markup {
    let numbers: Vec<bool> = table.columns.iter().map(|column| column.number).collect();
    let number = |at: usize| numbers.get(at).copied().unwrap_or(false);
    let marked = table.rows.iter().any(|row| row.mark != Mark::Plain);
    html! {
        div.scroll tabindex="0" {
            table {
                thead {
                    tr {
                        @if marked { th { span.unseen { "verdict" } } }
                        @for column in &table.columns {
                            @let about = Some(&column.about).filter(|about| !about.is_empty());
                            th.number[column.number] scope="col" title=[about] { (column.name) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr class=[class(row.mark)] {
                            @if marked { td.sign { (sign(row.mark)) } }
                            @for (at, cell) in row.cells.iter().enumerate() {
                                td.number[number(at)].long[cell.chars().count() > LONG] { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn class(mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::Plain => None,
        Mark::Good => Some("good"),
        Mark::Bad => Some("bad"),
        Mark::Open => Some("open"),
    }
}

fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Plain => "",
        Mark::Good => "✓",
        Mark::Bad => "✗",
        Mark::Open => "?",
    }
}

/// Paragraphs of a text, which empty lines separate.
fn paragraphs(text: &str) -> Markup {
    let parts = text.split("\n\n").map(str::trim);
    html! { @for part in parts.filter(|part| !part.is_empty()) { p { (part) } } }
}
