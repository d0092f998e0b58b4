//! Draws bar charts as SVG. Each has its own background, so it is readable on light and dark pages. It measures nothing.

use std::fmt::Write as _;

/// Width of the chart in pixels, as wide as the text of a page.
const WIDTH: f64 = 760.0;
/// Left edge of the bars. The names are to the left.
const LEFT: f64 = 284.0;
/// Space for the figures to the right of the bars.
const RIGHT: f64 = 118.0;
const ROW: f64 = 24.0;
const BAR: f64 = 14.0;

/// Smooch's purple and pink, and a grey. They differ in brightness too, so they are distinguishable without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Peers, and the part that is equal for all.
    Grey,
    /// This project, and the first of two parts.
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

/// A row of the chart.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    /// The name.
    pub name: String,
    /// The lengths and colours of the parts, from left to right.
    pub parts: Vec<(f64, Colour)>,
    /// Minimum and maximum, if the chart shows them.
    pub spread: Option<(f64, f64)>,
    /// The text to the right of the bar.
    pub figure: String,
    /// True if the row is in bold, because it is this project's.
    pub ours: bool,
    /// True if the row starts a group.
    pub apart: bool,
}

/// Draws a chart with a title, a legend, rows and, optionally, a line for a limit with its label.
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
    text.write_fmt(arguments).expect("writing to a String cannot fail");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_leaves_space_for_its_figure() {
        let bar =
            |length| Bar { name: "a < b".into(), parts: vec![(length, Colour::Grey)], ..Bar::default() };
        let svg = bars("title", &[], &[bar(1.0), bar(2.0)], None);
        assert!(svg.contains(&format!("width=\"{:.1}\"", WIDTH - LEFT - RIGHT)));
        assert!(svg.contains("a &lt; b") && svg.ends_with("</svg>\n"));
    }
}
