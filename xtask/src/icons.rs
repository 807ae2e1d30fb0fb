//! Renders the one drawing `icons/icon.svg` to the sizes that browsers, phones and desktops ask for.
//! The results are committed, so that a build needs no renderer.

use std::fs;

use anyhow::{Context, Result, bail};
use resvg::{tiny_skia, usvg};

use crate::workspace;

/// The background as `icon.svg` draws it; variants replace it.
const TILE: &str = r#"<rect id="tile" x="0" y="0" width="512" height="512" rx="112""#;
const VIEW: &str = r#"viewBox="0 0 512 512""#;

/// How the background meets the edge of the picture.
#[derive(Clone, Copy)]
enum Shape {
    /// Rounded tile on transparency, as drawn.
    Tile,
    /// Background to the very edge: the platform cuts its own shape out.
    FullBleed,
    /// Cropped to the mark, for sizes at which every pixel counts.
    Tight,
}

const PICTURES: &[(&str, u32, Shape)] = &[
    ("favicon-32.png", 32, Shape::Tight),
    ("apple-touch-180.png", 180, Shape::FullBleed),
    ("icon-192.png", 192, Shape::Tile),
    ("icon-512.png", 512, Shape::Tile),
    ("maskable-512.png", 512, Shape::FullBleed),
    // The names that Tauri expects.
    ("32x32.png", 32, Shape::Tight),
    ("128x128.png", 128, Shape::Tile),
    ("128x128@2x.png", 256, Shape::Tile),
    ("icon.png", 512, Shape::Tile),
];

/// Sizes inside `icon.ico`: browsers without SVG favicons, and Windows.
const ICO_SIZES: &[(u32, Shape)] =
    &[(16, Shape::Tight), (32, Shape::Tight), (48, Shape::Tile), (256, Shape::Tile)];

pub fn render() -> Result<()> {
    let directory = workspace::root().join("icons");
    let source = directory.join("icon.svg");
    let svg = fs::read_to_string(&source).with_context(|| format!("reading {}", source.display()))?;
    let mut files = Vec::new();
    for &(name, size, shape) in PICTURES {
        files.push((name, png(&svg, size, shape)?));
    }
    files.push(("icon.ico", ico(&svg)?));
    for (name, bytes) in files {
        let path = directory.join(name);
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn png(svg: &str, size: u32, shape: Shape) -> Result<Vec<u8>> {
    let tree = usvg::Tree::from_str(&variant(svg, shape)?, &usvg::Options::default())
        .context("icons/icon.svg is not a drawing")?;
    let mut pixels = tiny_skia::Pixmap::new(size, size).context("an icon has no size")?;
    let scale = f32::from(u16::try_from(size)?) / tree.size().width();
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().context("encoding an icon")
}

fn variant(svg: &str, shape: Shape) -> Result<String> {
    let (view, tile) = match shape {
        Shape::Tile => return Ok(svg.to_owned()),
        Shape::FullBleed => (VIEW, r#"<rect id="tile" x="0" y="0" width="512" height="512" rx="0""#),
        Shape::Tight => (
            r#"viewBox="72 70 368 368""#,
            r#"<rect id="tile" x="72" y="70" width="368" height="368" rx="72""#,
        ),
    };
    if !svg.contains(TILE) || !svg.contains(VIEW) {
        bail!("icons/icon.svg no longer has the tile and the view box that xtask/src/icons.rs replaces");
    }
    Ok(svg.replace(TILE, tile).replace(VIEW, view))
}

/// An ICO file is a directory of pictures followed by the pictures, here PNG.
fn ico(svg: &str) -> Result<Vec<u8>> {
    const HEADER: usize = 6;
    const ENTRY: usize = 16;
    let mut offset = HEADER + ENTRY * ICO_SIZES.len();
    let mut file = vec![0, 0, 1, 0];
    file.extend(u16::try_from(ICO_SIZES.len())?.to_le_bytes());
    let mut pictures = Vec::new();
    for &(size, shape) in ICO_SIZES {
        let picture = png(svg, size, shape)?;
        // 256 is written as 0: the field has eight bits.
        let edge = u8::try_from(size).unwrap_or(0);
        file.extend([edge, edge, 0, 0]);
        file.extend(1u16.to_le_bytes()); // planes
        file.extend(32u16.to_le_bytes()); // bits per pixel
        file.extend(u32::try_from(picture.len())?.to_le_bytes());
        file.extend(u32::try_from(offset)?.to_le_bytes());
        offset += picture.len();
        pictures.push(picture);
    }
    file.extend(pictures.concat());
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing() -> String {
        fs::read_to_string(workspace::root().join("icons/icon.svg")).unwrap()
    }

    fn pixels(name: &str) -> tiny_skia::Pixmap {
        tiny_skia::Pixmap::load_png(workspace::root().join("icons").join(name)).unwrap()
    }

    #[test]
    fn every_icon_is_committed_in_its_size() {
        for &(name, size, _) in PICTURES {
            let picture = pixels(name);
            assert_eq!((picture.width(), picture.height()), (size, size), "{name}");
        }
    }

    #[test]
    fn a_maskable_icon_has_no_transparent_corner_and_keeps_the_mark_in_the_safe_zone() {
        let picture = pixels("maskable-512.png");
        let background = picture.pixel(0, 0).unwrap();
        assert_eq!(background.alpha(), 255);
        for y in 0..512u32 {
            for x in 0..512u32 {
                let (dx, dy) = (x.abs_diff(256), y.abs_diff(256));
                if dx * dx + dy * dy > 205 * 205 {
                    assert_eq!(picture.pixel(x, y).unwrap(), background, "at {x},{y}");
                }
            }
        }
    }

    #[test]
    fn the_mark_can_still_be_seen_at_sixteen_pixels() {
        let bytes = png(&drawing(), 16, Shape::Tight).unwrap();
        let picture = tiny_skia::Pixmap::decode_png(&bytes).unwrap();
        let white =
            picture.pixels().iter().filter(|p| p.red() > 240 && p.green() > 240 && p.blue() > 240).count();
        assert!(white >= 20, "only {white} white pixels");
    }

    #[test]
    fn the_ico_directory_points_at_png_pictures() {
        let file = ico(&drawing()).unwrap();
        for entry in file[6..6 + 16 * ICO_SIZES.len()].chunks(16) {
            let offset = u32::from_le_bytes(entry[12..16].try_into().unwrap()) as usize;
            assert_eq!(&file[offset..offset + 4], b"\x89PNG");
        }
    }
}
