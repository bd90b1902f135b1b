//! A figure against two labels: the stronger the colour, the larger, and the number is in
//! every field, so that colour is not needed.

use maud::{Markup, html};

use super::axis::Ruler;
use super::plot::{self, LEFT, RIGHT, place};
use super::{Heat, Scale};

const ROW: f64 = 34.0;
const TOP: f64 = 12.0;

/// Draws it.
pub(super) fn draw(title: &str, heat: &Heat) -> Markup {
    let values = heat.rows.iter().flatten().flatten().map(|cell| cell.value);
    let shade = Ruler::new(&heat.figure, values, (0.0, 1.0));
    let columns = heat.rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let left = LEFT + 50.0;
    let width = (RIGHT - left) / columns as f64;
    let bottom = TOP + ROW * heat.rows.len() as f64;
    let names = |scale: &Scale| match scale {
        Scale::Names(names) => names.clone(),
        Scale::Linear | Scale::Log => Vec::new(),
    };
    html! {
        svg viewBox={ "0 0 " (plot::WIDTH) " " (bottom + 48.0) } role="img" aria-label=(title) {
            @for (row, (name, cells)) in names(&heat.y.scale).iter().zip(&heat.rows).enumerate() {
                @let y = TOP + ROW * row as f64;
                text.tick.left x=(left - 7.0) y=(place(y + ROW / 2.0 + 4.0)) { (name) }
                @for (column, cell) in cells.iter().enumerate() {
                    @let x = left + width * column as f64;
                    @if let Some(cell) = cell {
                        @let strength = shade.at(cell.value).unwrap_or(0.0);
                        g.field.strong[strength > 0.55] {
                            title { (cell.text) }
                            rect x=(place(x + 1.0)) y=(place(y + 1.0)) width=(place(width - 2.0))
                                height=(place(ROW - 2.0)) fill-opacity={ (place2(strength)) } {}
                            text x=(place(x + width / 2.0)) y=(place(y + ROW / 2.0 + 4.0)) {
                                (cell.shown)
                            }
                        }
                    }
                }
            }
            @for (column, name) in names(&heat.x.scale).iter().enumerate() {
                text.tick x=(place(left + width * (column as f64 + 0.5))) y=(place(bottom + 17.0)) {
                    (name)
                }
            }
            text.label x=(place((left + RIGHT) / 2.0)) y=(place(bottom + 40.0)) {
                (plot::title(&heat.x))
            }
            text.label transform={ "translate(14 " (place((TOP + bottom) / 2.0)) ")rotate(-90)" } {
                (plot::title(&heat.y))
            }
        }
        p.key { "In the fields: " (plot::title(&heat.figure)) }
    }
}

/// The palest field is still a field.
fn place2(strength: f64) -> String {
    format!("{:.2}", 0.06 + 0.94 * strength)
}
