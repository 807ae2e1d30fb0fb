//! A picture of the X display that the desktop application is shown on.
//!
//! WebKit's driver does not answer when asked for a screenshot of a window without compositing, so
//! the picture is taken where a person would look: three requests of the X protocol, spoken here.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};

const COOKIE: &[u8] = b"MIT-MAGIC-COOKIE-1";
const GET_IMAGE: u8 = 73;
const Z_PIXMAP: u8 = 2;
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps a picture of the whole display as PNG.
///
/// # Errors
/// When there is no display, or its pixels are of another shape than Xvfb's.
pub fn picture(file: &Path) -> anyhow::Result<()> {
    let display = std::env::var("DISPLAY").context("DISPLAY does not say where the screen is")?;
    let number = display.trim_start_matches(':').split('.').next().unwrap_or_default().to_owned();
    let mut x = UnixStream::connect(format!("/tmp/.X11-unix/X{number}"))
        .with_context(|| format!("the display {display} does not answer"))?;
    x.set_read_timeout(Some(PATIENCE))?;
    let screen = greet(&mut x, &cookie(&number))?;
    let pixels = image(&mut x, &screen)?;
    let expected = usize::from(screen.width) * usize::from(screen.height) * 4;
    if pixels.len() < expected {
        bail!("the display has {} bytes of pixels and not {expected}", pixels.len());
    }
    // Blue, green, red and a byte that nobody uses.
    let rgb: Vec<u8> = pixels[..expected].chunks_exact(4).flat_map(|it| [it[2], it[1], it[0]]).collect();
    let mut encoder = png::Encoder::new(
        std::io::BufWriter::new(std::fs::File::create(file)?),
        screen.width.into(),
        screen.height.into(),
    );
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&rgb)?;
    Ok(())
}

struct Screen {
    root: u32,
    width: u16,
    height: u16,
}

fn greet(x: &mut UnixStream, cookie: &[u8]) -> anyhow::Result<Screen> {
    let name: &[u8] = if cookie.is_empty() { b"" } else { COOKIE };
    let mut hello = vec![b'l', 0, 11, 0, 0, 0];
    hello.extend(u16::try_from(name.len())?.to_le_bytes());
    hello.extend(u16::try_from(cookie.len())?.to_le_bytes());
    hello.extend([0, 0]);
    hello.extend(padded(name));
    hello.extend(padded(cookie));
    x.write_all(&hello)?;
    let mut head = [0; 8];
    x.read_exact(&mut head)?;
    let mut body = vec![0; usize::from(u16::from_le_bytes([head[6], head[7]])) * 4];
    x.read_exact(&mut body)?;
    if head[0] != 1 {
        bail!("the display refuses: {}", String::from_utf8_lossy(&body));
    }
    // The vendor's name and the pixmap formats stand before the first screen.
    let vendor = usize::from(u16_at(&body, 16)?).next_multiple_of(4);
    let formats = usize::from(*body.get(21).context("a short greeting")?) * 8;
    let screen = 32 + vendor + formats;
    Ok(Screen {
        root: u32_at(&body, screen)?,
        width: u16_at(&body, screen + 20)?,
        height: u16_at(&body, screen + 22)?,
    })
}

fn image(x: &mut UnixStream, screen: &Screen) -> anyhow::Result<Vec<u8>> {
    let mut request = vec![GET_IMAGE, Z_PIXMAP, 5, 0];
    request.extend(screen.root.to_le_bytes());
    request.extend([0; 4]);
    request.extend(screen.width.to_le_bytes());
    request.extend(screen.height.to_le_bytes());
    request.extend(u32::MAX.to_le_bytes());
    x.write_all(&request)?;
    let mut head = [0; 32];
    x.read_exact(&mut head)?;
    if head[0] != 1 {
        bail!("the display gives no picture (error {})", head[1]);
    }
    let mut pixels = vec![0; usize::try_from(u32_at(&head, 4)?)? * 4];
    x.read_exact(&mut pixels)?;
    Ok(pixels)
}

/// The key to the display, from the file that XAUTHORITY names; none where the display needs none.
fn cookie(number: &str) -> Vec<u8> {
    let Some(file) = std::env::var_os("XAUTHORITY") else { return Vec::new() };
    let content = std::fs::read(file).unwrap_or_default();
    let mut rest = content.as_slice();
    while let Some(entry) = entry(&mut rest) {
        let [_, display, name, data] = entry;
        if name == COOKIE && (display.is_empty() || display == number.as_bytes()) {
            return data.to_vec();
        }
    }
    Vec::new()
}

/// One entry: a family, then address, display, name and data, each behind its length.
fn entry<'a>(rest: &mut &'a [u8]) -> Option<[&'a [u8]; 4]> {
    *rest = rest.get(2..)?;
    let mut fields = [&[][..]; 4];
    for field in &mut fields {
        let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
        *field = rest.get(2..2 + length)?;
        *rest = rest.get(2 + length..)?;
    }
    Some(fields)
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(4), 0);
    padded
}

fn u16_at(bytes: &[u8], at: usize) -> anyhow::Result<u16> {
    let found = bytes.get(at..at + 2).context("a short answer")?;
    Ok(u16::from_le_bytes(found.try_into()?))
}

fn u32_at(bytes: &[u8], at: usize) -> anyhow::Result<u32> {
    let found = bytes.get(at..at + 4).context("a short answer")?;
    Ok(u32::from_le_bytes(found.try_into()?))
}
