//! Bars as SVG, by hand. They are read on white and on black, as an image in a page: so they bring their own ground.

use std::fmt::Write as _;

/// Of everything, in pixels: as wide as a page's text.
const WIDTH: f64 = 760.0;
/// Where bars begin; names stand before it.
const LEFT: f64 = 284.0;
/// What is kept free for figures behind bars.
const RIGHT: f64 = 118.0;
const ROW: f64 = 24.0;
const BAR: f64 = 14.0;

/// Smooch's purple and pink, and a grey beside them; told apart also without colour, by how dark they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Of others, and of what is the same for all.
    Grey,
    /// Ours, and the first of two parts.
    Purple,
    /// The second of two parts.
    Pink,
}

impl Colour {
    const fn hex(self) -> &'static str {
        match self {
            Self::Grey => "#b9b6c6",
            Self::Purple => "#883293",
            Self::Pink => "#ee6aa0",
        }
    }
}

/// One row.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// Its parts, one after the other.
    pub parts: Vec<(f64, Colour)>,
    /// From where to where figures spread, if that is shown.
    pub spread: Option<(f64, f64)>,
    /// What stands behind it.
    pub figure: String,
    /// Whether it is ours, and stands out.
    pub ours: bool,
    /// Whether it begins a group.
    pub apart: bool,
}

/// A plot: what it is of, what its parts are, its rows, and, where there is one, a bound that is wanted.
#[must_use]
pub fn bars(title: &str, legend: &[(&str, Colour)], bars: &[Bar], bound: Option<(f64, &str)>) -> String {
    let most = bars.iter().map(|bar| {
        let whole: f64 = bar.parts.iter().map(|(part, _)| part).sum();
        bar.spread.map_or(whole, |(_, most)| whole.max(most))
    });
    let most = most.chain(bound.map(|(at, _)| at)).fold(f64::MIN_POSITIVE, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) / most;
    let mut body = String::new();
    let mut y: f64 = if legend.is_empty() { 48.0 } else { 70.0 };
    let top = y;
    let bottom = bars.iter().fold(top, |y, bar| y + ROW + if bar.apart { ROW / 2.0 } else { 0.0 });
    if let Some((at, what)) = bound {
        let x = LEFT + at * scale;
        write(
            &mut body,
            format_args!(
                r##"<path d="M{x:.1} {:.1}V{:.1}" stroke="#1c7a4d" stroke-dasharray="4 3"/><text x="{x:.1}" y="{:.1}" fill="#1c7a4d" text-anchor="middle">{}</text>"##,
                top - 6.0,
                bottom,
                bottom + 14.0,
                escaped(what)
            ),
        );
    }
    for bar in bars {
        y += if bar.apart { ROW / 2.0 } else { 0.0 };
        body += &row(bar, y, scale);
        y += ROW;
    }
    y += if bound.is_some() { ROW } else { 0.0 };
    let height = y + 12.0;
    let mut svg = String::new();
    write(
        &mut svg,
        format_args!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" font-family="system-ui,sans-serif" font-size="13" fill="#383352"><title>{0}</title><rect width="{WIDTH}" height="{height}" rx="8" fill="#fff"/><text x="16" y="28" font-size="15" font-weight="600">{0}</text>"##,
            escaped(title)
        ),
    );
    let mut x = 16.0;
    for (name, colour) in legend {
        let colour = colour.hex();
        write(
            &mut svg,
            format_args!(
                r#"<rect x="{x:.0}" y="42" width="12" height="12" rx="2" fill="{colour}"/><text x="{:.0}" y="53">{}</text>"#,
                x + 18.0,
                escaped(name)
            ),
        );
        x += 40.0 + 7.0 * text_length(name);
    }
    svg + &body + "</svg>\n"
}

fn row(bar: &Bar, y: f64, scale: f64) -> String {
    let (mut row, mut x) = (String::new(), LEFT);
    let middle = y + BAR - 2.0;
    let weight = if bar.ours { r#" font-weight="700""# } else { "" };
    write(
        &mut row,
        format_args!(
            r#"<text x="{}" y="{middle:.1}" text-anchor="end"{weight}>{}</text>"#,
            LEFT - 10.0,
            escaped(&bar.name)
        ),
    );
    for (part, colour) in &bar.parts {
        let colour = colour.hex();
        let width = (part * scale).max(0.0);
        write(
            &mut row,
            format_args!(
                r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{BAR}" fill="{colour}"/>"#
            ),
        );
        x += width;
    }
    let mut end = x;
    if let Some((least, most)) = bar.spread {
        let (from, to, line) = (LEFT + least * scale, LEFT + most * scale, y + BAR / 2.0);
        write(
            &mut row,
            format_args!(
                r##"<path d="M{from:.1} {line:.1}H{to:.1}M{from:.1} {0:.1}v6M{to:.1} {0:.1}v6" stroke="#fff" stroke-width="3" fill="none"/><path d="M{from:.1} {line:.1}H{to:.1}M{from:.1} {0:.1}v6M{to:.1} {0:.1}v6" stroke="#383352" fill="none"/>"##,
                line - 3.0
            ),
        );
        end = end.max(to);
    }
    write(
        &mut row,
        format_args!(
            r##"<text x="{:.1}" y="{middle:.1}"{weight} stroke="#fff" stroke-width="4" paint-order="stroke">{}</text>"##,
            end + 8.0,
            escaped(&bar.figure)
        ),
    );
    row
}

fn text_length(text: &str) -> f64 {
    text.chars().map(|_| 1.0).sum()
}

fn write(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a String takes all");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_leaves_room_for_its_figure() {
        let bar =
            |length| Bar { name: "a < b".into(), parts: vec![(length, Colour::Grey)], ..Bar::default() };
        let svg = bars("title", &[], &[bar(1.0), bar(2.0)], None);
        assert!(svg.contains(&format!("width=\"{:.1}\"", WIDTH - LEFT - RIGHT)));
        assert!(svg.contains("a &lt; b") && svg.ends_with("</svg>\n"));
    }
}
