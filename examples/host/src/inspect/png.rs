//! A drawing as PNG.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use std::error::Error;
use std::sync::Arc;

/// Most pixels of a drawing in double size.
const PIXELS_MAX: f64 = 40e6;

/// Renders a drawing of this program. Twice its size, unless it is very large.
///
/// # Errors
/// It is no SVG, or too large.
pub fn render(svg: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    fonts.set_sans_serif_family("Ubuntu");
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size();
    let area = f64::from(size.width()) * f64::from(size.height());
    let scale = if area * 4.0 <= PIXELS_MAX { 2.0 } else { 1.0 };
    let pixels = |length: f32| (length * scale).ceil() as u32;
    let mut image =
        Pixmap::new(pixels(size.width()), pixels(size.height())).ok_or("the drawing is too large")?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut image.as_mut());
    Ok(image.encode_png()?)
}
