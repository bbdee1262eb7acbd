//! The subject, cut out of its picture.
//!
//! Four ways, the surest first: a mask that the user gave, a valid alpha channel, an (almost) uniform background, and a
//! network. Where a colour of the uniform background is in doubt, the network is asked, too. Where the subject is, is
//! found on a reduced picture; its edge in the full one.

mod alpha;
mod background;
mod doubt;
mod edge;
mod guided;
mod means;
pub(crate) mod regions;
mod subjects;

use anyhow::{Context, Result, bail, ensure};
use image::{GrayImage, RgbaImage, imageops};

use crate::base::resample::resize_area;
use background::Plain;
use edge::Rough;
use regions::Bitmap;
use subjects::MANY;

pub use alpha::largest as largest_alpha;
pub use subjects::Bounds;

/// The longer side at which the subject is looked for.
const SIDE: u32 = 800;
/// Pictures with a shorter side than this show nothing that could be found.
const LEAST: u32 = 24;
/// How sure the network must be of what it takes for the subject, in the mean: below the first it found nothing, below
/// the second that is told.
const GUESSED: f32 = 0.75;
const UNSURE: f32 = 0.9;
/// Where a picture is almost all subject, nothing stands out.
const ALL: f64 = 0.97;
/// How much the edge of the network's map may be off, in parts of the longer side.
const BLUR: usize = 100;

/// How a subject was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By the mask file that the user gave.
    Mask,
    /// By the picture's own alpha channel.
    Alpha,
    /// By flooding an almost uniform background from the border.
    Background,
    /// By the network in the weights file.
    Network,
    /// Not at all: all of the picture was to be the subject.
    Off,
}

/// Which way the subject is to be found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CutoutMethod {
    /// The surest one: the photo's transparency, a plain background, or the network
    #[default]
    Auto,
    /// None: all of the photo is the subject
    Off,
    /// A plain background is taken away, and the network is not asked
    Plain,
    /// The network is asked, whatever the background and the transparency
    Network,
}

/// What is to be cut out, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub way: CutoutMethod,
    /// Which of several subjects, from 0; the order is that of [`Cutout::subjects`].
    pub subject: usize,
}

impl Options {
    /// In words, where they are not those that are taken anyway.
    pub fn chosen(&self) -> Option<String> {
        (*self != Self::default()).then(|| format!("{self:?}"))
    }
}

/// A subject on transparency.
#[derive(Clone, Debug)]
pub struct Cutout {
    /// Straight alpha; as large as the picture that it was cut from.
    pub pixels: RgbaImage,
    /// How the alpha was found.
    pub method: Method,
    /// All subjects that the picture shows, the largest first, which is taken if no other is asked for.
    pub subjects: Vec<Bounds>,
    /// What is to be told of it, in whole sentences.
    pub notes: Vec<String>,
}

/// A network that tells subject from background.
pub trait CutoutNetwork {
    /// The subject's share of each pixel, 255 for all of it. It may be of any size and shape: it is stretched to the
    /// picture's, and its edges are drawn to those of the picture.
    ///
    /// # Errors
    /// The network cannot be run.
    fn matte(&self, picture: &RgbaImage) -> Result<GrayImage>;
}

/// Cuts the subject out of an upright sRGB picture, by the first way that applies.
///
/// # Errors
/// There is no subject: the picture is wholly transparent, of one colour, too small or too narrow, or the mask is empty
/// or of another shape than the picture.
pub fn cut(
    picture: RgbaImage,
    mask: Option<&GrayImage>,
    network: Option<&dyn CutoutNetwork>,
) -> Result<Cutout> {
    cut_as(picture, mask, network, &Options::default())
}

/// The same with a choice.
///
/// # Errors
/// As [`cut`]; or there are fewer subjects, or the way that was chosen is none for this picture.
pub fn cut_as(
    picture: RgbaImage,
    mask: Option<&GrayImage>,
    network: Option<&dyn CutoutNetwork>,
    options: &Options,
) -> Result<Cutout> {
    ensure!(
        picture.pixels().any(|p| p[3] > 0),
        "the picture is wholly transparent: there is nothing to make a figurine of"
    );
    if let Some(mask) = mask {
        let matte = fit_mask(mask, &picture)?;
        let mut picture = with_alpha(picture, &matte);
        alpha::free(&mut picture);
        return whole(picture, Method::Mask);
    }
    if options.way == CutoutMethod::Off {
        return whole(opaque(picture), Method::Off);
    }
    if options.way == CutoutMethod::Auto
        && let Some(largest) = alpha::largest(&picture)
    {
        return by_alpha(picture, largest, options);
    }
    find(opaque(picture), network, options)
}

/// A picture of which nothing but the alpha has to be looked at.
fn whole(pixels: RgbaImage, method: Method) -> Result<Cutout> {
    let small = reduced(&pixels);
    let map = Bitmap::new(small.width() as usize, small.height() as usize, |at| {
        small.as_raw()[4 * at + 3] >= 128
    });
    ensure!(enough(&pixels), "{}", nothing(method));
    let subjects = subjects::find(&map);
    let first = subjects
        .first()
        .map(|s| s.bounds(&map, pixels.dimensions()));
    Ok(Cutout {
        pixels,
        method,
        subjects: first.into_iter().collect(),
        notes: Vec::new(),
    })
}

fn by_alpha(mut picture: RgbaImage, largest: u8, options: &Options) -> Result<Cutout> {
    alpha::raise(&mut picture, largest);
    alpha::free(&mut picture);
    ensure!(enough(&picture), "{}", nothing(Method::Alpha));
    let small = reduced(&picture);
    let (width, height) = (small.width() as usize, small.height() as usize);
    let map = Bitmap::new(width, height, |at| small.as_raw()[4 * at + 3] >= 128);
    let chosen = choose(&map, picture.dimensions(), options)?;
    if chosen.subjects.len() > 1 {
        // The soft edge of the one is within a few pixels of it.
        let kept = chosen.map.dilated(3);
        let columns = nearest(picture.width(), width);
        let rows = nearest(picture.height(), height);
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            if !kept.bits[rows[y as usize] * width + columns[x as usize]] {
                pixel[3] = 0;
            }
        }
    }
    Ok(Cutout {
        pixels: picture,
        method: Method::Alpha,
        subjects: chosen.subjects,
        notes: chosen.notes,
    })
}

/// Of each of `to` samples the one of `from` that it lies in.
fn nearest(to: u32, from: usize) -> Vec<usize> {
    (0..to)
        .map(|i| (u64::from(i) * from as u64 / u64::from(to)) as usize)
        .collect()
}

/// Finds the subject of an opaque picture.
fn find(
    mut picture: RgbaImage,
    network: Option<&dyn CutoutNetwork>,
    options: &Options,
) -> Result<Cutout> {
    let (width, height) = picture.dimensions();
    ensure!(
        width.min(height) >= LEAST,
        "the picture has {width} x {height} pixels, too few to find a subject in: take one with at least {LEAST} on \
         each side, or say where the subject is with --mask FILE"
    );
    let small = reduced(&picture);
    ensure!(
        small.width().min(small.height()) >= LEAST,
        "the picture has {width} x {height} pixels, a strip too narrow to find a subject in: cut it to the subject"
    );
    let plain = match options.way {
        CutoutMethod::Network => None,
        _ => background::find(&small),
    };
    let asked = network.filter(|_| options.way != CutoutMethod::Plain);
    let found = match (plain, asked) {
        (Some(plain), Some(network)) if doubt::is_in(&small, &plain) => {
            let subject = doubt::settle(&small, &plain, network)?;
            by_colour(small, Plain { subject, ..plain }, options)?
        }
        (Some(plain), _) => by_colour(small, plain, options)?,
        (None, Some(network)) => by_network(small, network, options)?,
        (None, None) => bail!(
            "the background is not plain, and {}: say where the subject is with --mask FILE",
            match options.way {
                CutoutMethod::Plain => "--cutout plain takes away no other",
                _ => "the weights hold no network that cuts out",
            }
        ),
    };
    edge::cut(&mut picture, &found.rough);
    ensure!(enough(&picture), "{}", nothing(found.method));
    let scale = |bounds: Bounds| scaled(bounds, &found.rough.small, (width, height));
    Ok(Cutout {
        pixels: picture,
        method: found.method,
        subjects: found.subjects.into_iter().map(scale).collect(),
        notes: found.notes,
    })
}

/// What was found on the reduced picture.
struct Found {
    rough: Rough,
    method: Method,
    /// On the reduced picture.
    subjects: Vec<Bounds>,
    notes: Vec<String>,
}

fn by_colour(small: RgbaImage, plain: Plain, options: &Options) -> Result<Found> {
    let mut chosen = choose(&plain.subject, small.dimensions(), options)?;
    chosen.notes.extend(scattered(chosen.pieces));
    let share = chosen
        .map
        .bits
        .iter()
        .map(|&bit| if bit { 1.0 } else { 0.0 });
    Ok(Found {
        rough: Rough {
            share: share.collect(),
            radius: 3,
            small,
        },
        method: Method::Background,
        subjects: chosen.subjects,
        notes: chosen.notes,
    })
}

fn by_network(small: RgbaImage, network: &dyn CutoutNetwork, options: &Options) -> Result<Found> {
    let mut share = doubt::stretched(&network.matte(&small)?, &small);
    let (width, height) = (small.width() as usize, small.height() as usize);
    let map = Bitmap::new(width, height, |at| share[at] >= 0.5);
    let some = map.bits.iter().filter(|&&bit| bit).count();
    let sum: f32 = share.iter().filter(|&&share| share >= 0.5).sum();
    let sure = sum / some.max(1) as f32;
    if some == 0 || sure < GUESSED || some as f64 > ALL * share.len() as f64 {
        bail!(nothing(Method::Network));
    }
    let mut chosen = choose(&map, small.dimensions(), options)?;
    chosen.notes.extend(scattered(chosen.pieces));
    // Its soft edge, and nothing of the others.
    let around = chosen.map.dilated((width.max(height) / BLUR).max(2));
    let others = Bitmap::new(width, height, |at| map.bits[at] && !chosen.map.bits[at]);
    for (at, share) in share.iter_mut().enumerate() {
        if others.bits[at] || !around.bits[at] {
            *share = 0.0;
        }
    }
    if sure < UNSURE {
        let note = "it is not clear what the subject of the photo is: look at what was cut out, or say where it is with --mask FILE";
        chosen.notes.push(note.into());
    }
    Ok(Found {
        rough: Rough {
            share,
            radius: (width.max(height) / BLUR).max(2),
            small,
        },
        method: Method::Network,
        subjects: chosen.subjects,
        notes: chosen.notes,
    })
}

/// One of the subjects in a map.
struct Chosen {
    map: Bitmap,
    subjects: Vec<Bounds>,
    notes: Vec<String>,
    /// Of how many pieces it is.
    pieces: usize,
}

fn choose(map: &Bitmap, size: (u32, u32), options: &Options) -> Result<Chosen> {
    let all = subjects::find(map);
    let count = all.len();
    ensure!(count > 0, "{}", nothing(Method::Network));
    ensure!(
        count <= MANY,
        "{count} things stand out in the picture, and none of them more than the others: take a picture of one, or say \
         where the subject is with --mask FILE"
    );
    let subject = all.get(options.subject).with_context(|| {
        let number = options.subject + 1;
        match count {
            1 => format!("--subject {number}: there is one subject"),
            _ => format!("--subject {number}: there are {count} subjects"),
        }
    })?;
    let mut notes = Vec::new();
    if count > 1 {
        notes.push(match options.subject {
            0 => format!("{count} subjects; the largest is made. --subject 2 takes another"),
            other => format!("{count} subjects; number {} is made", other + 1),
        });
    }
    if !subject.ends.is_empty() {
        let ends = subject.ends.join(" and the ");
        notes.push(format!(
            "the subject goes on beyond the {ends} border of the photo: the rest is a guess"
        ));
    }
    Ok(Chosen {
        map: subject.bitmap(map),
        pieces: subject.pieces,
        subjects: all.iter().map(|s| s.bounds(map, size)).collect(),
        notes,
    })
}

/// What is to be told of a subject that is found in so many pieces.
fn scattered(pieces: usize) -> Option<String> {
    (pieces > MANY).then(|| {
        format!(
            "what stands out is in {pieces} pieces, as words or a pattern are: look at what was cut out, or say where the \
             subject is with --mask FILE"
        )
    })
}

/// Whether there is more of it than of a small icon, which tells nothing.
fn enough(pixels: &RgbaImage) -> bool {
    pixels.pixels().filter(|p| p[3] >= 128).nth(63).is_some()
}

/// What to say where nothing was found.
fn nothing(method: Method) -> &'static str {
    match method {
        Method::Mask => "the mask leaves nothing of the picture: white must mark the subject",
        Method::Alpha => "almost all of the picture is transparent: nothing is left to model",
        _ => {
            "no subject stands out from the background: use another picture, or say where the subject is with --mask FILE"
        }
    }
}

/// The picture with its longer side at [`SIDE`] at most.
fn reduced(picture: &RgbaImage) -> RgbaImage {
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    if longer <= SIDE {
        return picture.clone();
    }
    let scale = f64::from(SIDE) / f64::from(longer);
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    resize_area(picture, side(width), side(height))
}

fn scaled(bounds: Bounds, small: &RgbaImage, (width, height): (u32, u32)) -> Bounds {
    let across = |x: u32| (u64::from(x) * u64::from(width) / u64::from(small.width())) as u32;
    let down = |y: u32| (u64::from(y) * u64::from(height) / u64::from(small.height())) as u32;
    let (left, top) = (across(bounds.left), down(bounds.top));
    Bounds {
        left,
        top,
        width: across(bounds.left + bounds.width) - left,
        height: down(bounds.top + bounds.height) - top,
    }
}

/// The mask at the picture's size; of the same shape it must be.
fn fit_mask(mask: &GrayImage, picture: &RgbaImage) -> Result<GrayImage> {
    let ((mask_w, mask_h), (w, h)) = (mask.dimensions(), picture.dimensions());
    if (mask_w, mask_h) == (w, h) {
        return Ok(mask.clone());
    }
    let (mask_ratio, ratio) = (
        f64::from(mask_w) / f64::from(mask_h),
        f64::from(w) / f64::from(h),
    );
    ensure!(
        (mask_ratio / ratio - 1.0).abs() < 0.02,
        "the mask is {mask_w} x {mask_h} and the picture {w} x {h} pixels: they must have the same shape"
    );
    Ok(imageops::resize(mask, w, h, imageops::FilterType::Triangle))
}

fn with_alpha(mut picture: RgbaImage, matte: &GrayImage) -> RgbaImage {
    for (pixel, alpha) in picture.pixels_mut().zip(matte.pixels()) {
        pixel[3] = alpha[0];
    }
    picture
}

/// Drops an alpha channel that does not tell subject from background, as the published program does: a
/// slightly transparent pixel shows white, the colour of everything behind a subject here.
fn opaque(mut picture: RgbaImage) -> RgbaImage {
    for pixel in picture.pixels_mut().filter(|pixel| pixel[3] < 255) {
        let alpha = u32::from(pixel[3]);
        for channel in 0..3 {
            let over_white = u32::from(pixel[channel]) * alpha + 255 * (255 - alpha);
            pixel[channel] = ((over_white + 127) / 255) as u8;
        }
        pixel[3] = 255;
    }
    picture
}
