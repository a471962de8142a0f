//! An SVG of ours as PNG.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

/// So many pixels are one of the drawing, each way.
const SCALE: f32 = 2.0;

/// The font that comes with us, and no other.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    for font in [dejavu::sans::regular(), dejavu::sans::bold()] {
        fonts.load_font_source(Source::Binary(Arc::new(font)));
    }
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// The drawing, with the text in it as outlines.
pub(super) fn tree(svg: &str) -> Tree {
    let options = Options { fontdb: Arc::clone(&FONTS), ..Options::default() };
    Tree::from_str(svg, &options).expect("what was drawn is SVG")
}

/// The drawing as PNG.
pub(super) fn png(svg: &str) -> Vec<u8> {
    let tree = tree(svg);
    let size = tree.size();
    let pixels = |length: f32| (length * SCALE) as u32;
    let mut image = Pixmap::new(pixels(size.width()), pixels(size.height()))
        .expect("a chart has an area, and not too large a one");
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut image.as_mut());
    encoded(image)
}

/// As a file. What takes longest of a small run is to compress its charts: a fast compression of
/// their few colours is nearly as small as a thorough one.
fn encoded(image: Pixmap) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, image.width(), image.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let written = |mut writer: png::Writer<_>| {
        writer.write_image_data(&image.take_demultiplied())?;
        writer.finish()
    };
    encoder.write_header().and_then(written).expect("an image that exists can be written");
    file
}
