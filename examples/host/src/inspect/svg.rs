//! A pen that draws SVG, and colours.

use std::fmt::Write as _;

/// A drawing being made. Lengths are pixels at 96 to the inch.
#[derive(Debug, Default)]
pub(super) struct Pen {
    body: String,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Patterns that areas are filled with, by what they mean.
const DEFINITIONS: &str = r##"<defs>
<pattern id="damaged" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffe1de"/><rect width="3" height="6" fill="#d5281b"/></pattern>
<pattern id="cut" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#f4ead2"/><rect width="2" height="6" fill="#a97b1f"/></pattern>
<pattern id="held" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="1.6" height="7" fill="#33415c" fill-opacity="0.6"/></pattern>
<pattern id="foreign" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="#eee6f6"/><path d="M0 0H8M0 0V8" stroke="#8a63b5" stroke-width="1.6"/></pattern>
</defs>
"##;

impl Pen {
    /// A filled rectangle. Nothing is drawn if it has no width.
    pub(super) fn rect(&mut self, [x, y, width, height]: [f64; 4], fill: &str) {
        if width > 0.0 {
            self.write(format_args!(
                r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" fill="{fill}"/>"#
            ));
        }
    }

    /// The outline of a rectangle.
    pub(super) fn frame(&mut self, [x, y, width, height]: [f64; 4], stroke: &str, thick: f64, dashes: &str) {
        self.write(format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" fill="none" stroke="{stroke}" stroke-width="{thick}"{}/>"#,
            if dashes.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{dashes}""#) }
        ));
    }

    /// A filled shape.
    pub(super) fn path(&mut self, path: &str, fill: &str) {
        self.write(format_args!(r#"<path d="{path}" fill="{fill}"/>"#));
    }

    /// A line of text of this size; `y` is its base line.
    pub(super) fn text(&mut self, [x, y]: [f64; 2], size: f64, fill: &str, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.write(format_args!(
            r#"<text x="{x:.2}" y="{y:.2}" font-size="{size}" fill="{fill}" text-anchor="{anchor}">{}</text>"#,
            escaped(text)
        ));
    }

    /// What pointing at the next shapes tells, up to [`end`](Self::end).
    pub(super) fn begin(&mut self, title: &str) {
        self.write(format_args!("<g><title>{}</title>", escaped(title)));
    }

    pub(super) fn end(&mut self) {
        self.write(format_args!("</g>"));
    }

    fn write(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.body, "{element}");
    }

    /// The drawing, of this size.
    pub(super) fn finish(self, width: f64, height: f64) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Ubuntu, Helvetica, Arial, sans-serif\">\n\
             {DEFINITIONS}<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// `text` as it may stand in XML. What XML does not take is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// At most `most` letters of `text`, its middle left out.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= most {
        return text.to_owned();
    }
    let back = most / 2;
    let front: String = letters.iter().take(most - back - 1).collect();
    let end: String = letters.iter().skip(letters.len() - back).collect();
    format!("{front}…{end}")
}

/// A colour of OKLCH: lightness from 0 to 1, chroma to 0.4, hue in degrees. What a screen cannot show
/// is clamped.
pub(super) fn colour(lightness: f64, chroma: f64, hue: f64) -> String {
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
    ];
    let mut colour = "#".to_owned();
    for part in linear {
        let part = part.clamp(0.0, 1.0);
        let part = if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
        let _ = write!(colour, "{:02x}", (part * 255.0).round() as u8);
    }
    colour
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_oklch() {
        assert_eq!(colour(1.0, 0.0, 0.0), "#ffffff");
        assert_eq!(colour(0.0, 0.0, 90.0), "#000000");
        assert_eq!(colour(0.627_955, 0.257_683, 29.233_88), "#ff0000");
    }

    #[test]
    fn texts_are_escaped_and_shortened() {
        assert_eq!(escaped("a<b>&\"\u{1}é"), "a&lt;b&gt;&amp;&quot;é");
        assert_eq!(shortened("0123456789", 10), "0123456789");
        assert_eq!(shortened("0123456789a", 10), "0123…6789a");
    }
}
