//! What printers and collectors of miniatures ask for. It is done to the fields, before there is any
//! surface: so every part comes out closed, and as disjoint as without.

mod bonds;
pub mod filaments;
mod footing;
pub mod group;
mod hole;
mod hollow;
pub mod letters;
mod nameplate;
mod orient;
mod outlines;
mod pegs;
mod plinth;
mod rim;
mod soles;
mod triangulation;
mod walls;

use anyhow::{Result, ensure};
use glam::Vec3;

use crate::geometry::{Field, Figurine, extent};
use crate::slots::Slot;
use crate::surface::assemble::{AssembleOptions, assemble};
use footing::Footing;
use hollow::Hollow;
use plinth::Wall;
use soles::{Ground, Stood};

pub use crate::geometry::Peg;
pub use bonds::drop_specks;
pub use hollow::Body;
pub use nameplate::Nameplate;
pub use orient::Orientation;
pub use plinth::{Outline, Plinth};

/// What is wanted; lengths are metres.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintOptions {
    /// How large the figurine becomes.
    pub size: Size,
    /// What it stands on; what the model made when absent.
    pub base: Option<Base>,
    /// Letters on the front of its plinth, as [`letters::tidy`] gives them; only with a plinth.
    pub name: Option<String>,
    /// Pegs between parts that are printed apart, with so much clearance on every side.
    pub pegs: Option<f32>,
    /// Walls thinner than this are thickened.
    pub wall: Option<f32>,
    /// It is hollow but for walls so thick, and has holes below to drain it; only of what is printed in one piece.
    pub hollow: Option<f32>,
    /// Cells across the model's box on which thin walls are looked for.
    pub resolution: usize,
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self {
            size: Size::Height(0.1),
            base: None,
            name: None,
            pegs: None,
            wall: None,
            hollow: None,
            resolution: AssembleOptions::default().resolution,
        }
    }
}

/// How large a figurine is, metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// From the bottom of its base to its highest point.
    Height(f32),
    /// From the soles to the eyes, as miniatures for games are measured.
    Eyes(f32),
}

/// What a figurine stands on instead of the model's own base.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Base {
    /// Its feet.
    Nothing,
    /// A plinth, so wide between opposite sides at its bottom, metres; as wide as usual when absent.
    Plinth(Outline, Option<f32>),
}

/// Fields by name, in the order in which the later owns what several claim.
pub type Fields<'a> = Vec<(String, Box<dyn Field + 'a>)>;

/// Fields ready for their surfaces.
pub struct Prepared<'a> {
    pub fields: Fields<'a>,
    /// Metres a model unit, where more than the height says it.
    pub scale: Option<f32>,
    /// The part `base`, where that is a plinth.
    pub plinth: Option<Plinth>,
    /// The height of the ground that it was stood up on.
    floor: Option<f32>,
    /// What is to be put on the plinth's mesh.
    pub nameplate: Option<Nameplate>,
    /// What [`AssembleOptions::pegs`] has to know.
    pub pegs: Vec<Peg>,
    /// What the user should know, and what may interest.
    pub notes: Vec<String>,
    pub details: Vec<String>,
}

/// How large a plinth is.
struct PlinthSize {
    /// Between opposite sides at its bottom, metres.
    wide: f32,
    /// From its bottom to its top, metres.
    high: f32,
    /// Metres a model unit of the figurine that stands on it.
    scale: f32,
}

/// Does to `fields`, named and in order, what the options ask for.
///
/// # Errors
/// Those of the fields, a figurine without parts, and a plinth that leaves nothing of the height.
pub fn prepare<'a, F: Field>(
    fields: &'a [(String, F)],
    options: &PrintOptions,
) -> Result<Prepared<'a>> {
    let boxed = |(name, field): &'a (String, F)| (name.clone(), Box::new(field) as Box<dyn Field>);
    let mut out = Prepared {
        fields: fields.iter().map(boxed).collect(),
        scale: None,
        plinth: None,
        floor: None,
        nameplate: None,
        pegs: Vec::new(),
        notes: Vec::new(),
        details: Vec::new(),
    };
    let eyes = matches!(options.size, Size::Eyes(_));
    if eyes || options.base.is_some() {
        out.size(&Footing::of(fields)?, options)?;
    }
    if options.pegs.is_some() || options.wall.is_some() {
        out.strengthen(options)?;
    }
    Ok(out)
}

/// A hollow figurine's wall is so many cells thick at least, on a grid of no more cells than this.
const CELLS_A_WALL: f32 = 2.5;
const FINEST: usize = 320;

/// Cells across the model's box where joints are looked for.
const ROUGH: usize = 64;

impl<'a> Prepared<'a> {
    /// Puts it on soles that are flat and level, and so that it stands; `leans` is whether it may lean for that. What is on
    /// a plinth stands already.
    ///
    /// # Errors
    /// Those of the fields.
    pub fn stand_up(&mut self, leans: bool) -> Result<()> {
        if self.plinth.is_some() {
            return Ok(());
        }
        if let Some(ground) = Ground::of(&self.seen(ROUGH)?, leans) {
            let degrees = ground.degrees();
            if degrees.abs() >= 0.5 {
                let way = if degrees > 0.0 { "front" } else { "back" };
                let degrees = degrees.abs();
                let leans =
                    format!("it leans {degrees:.0} degrees to the {way}, so that it stands");
                self.details.push(leans);
            }
            self.floor = Some(ground.floor());
            self.fields = ground.under(std::mem::take(&mut self.fields));
        }
        Ok(())
    }

    /// Brings the soles of meshes to the ground that it was stood up on: a vertex in its cell is not always where the field
    /// ends, and a simplified sole has a bend.
    pub fn level(&self, figurine: &mut Figurine) {
        if let Some(floor) = self.floor {
            soles::level(figurine, floor);
        }
    }

    /// Makes the plinth's wall and edges of a figurine anew, smoother than any grid has them, as fits to so many triangles in
    /// all, or to any number where that is 0.
    pub fn round(&self, figurine: &mut Figurine, faces: usize) {
        if let Some(plinth) = &self.plinth {
            rim::round(plinth, figurine, faces);
        }
    }

    /// About how many triangles of so many [`round`](Self::round) makes.
    pub fn rounded(&self, faces: usize) -> usize {
        self.plinth.as_ref().map_or(0, |_| rim::triangles(faces))
    }

    /// Ties to the rest what of it, as `seen`, does not hang together with it: what hangs on something else is moved
    /// there, all else gets a strut. Says what was done; nothing where it is one body.
    pub fn tie(&mut self, seen: &Figurine, size: Size) -> Vec<String> {
        let points = (seen.parts.iter()).flat_map(|part| part.mesh.positions.iter().copied());
        let (low, high) = extent(points);
        let unit = self.unit(size, high.y - low.y);
        let fields = std::mem::take(&mut self.fields);
        let (fields, remarks) = bonds::tie(fields, seen, unit);
        self.fields = fields;
        remarks
    }

    /// All its parts as one body, hollow, as `seen`, but for walls so thick, metres, and with holes that drain it; a plinth stays
    /// solid. Says what was done, and on how many cells across the model's box such walls are seen.
    ///
    /// # Errors
    /// It is nowhere thick enough for that.
    pub fn hollow(
        &self,
        seen: &Figurine,
        size: Size,
        wall: f32,
    ) -> Result<(Body<'_>, Vec<String>, usize)> {
        let points = (seen.parts.iter()).flat_map(|part| part.mesh.positions.iter().copied());
        let (low, high) = extent(points);
        let unit = self.unit(size, high.y - low.y);
        let solid = self.plinth.as_ref().map(|_| Slot::Base);
        let found = Hollow::of(seen, solid, wall, unit)?;
        let cells = (CELLS_A_WALL * 2.0 * unit / wall).ceil() as usize;
        let remarks = found.describe();
        Ok((Body::new(&self.fields, found), remarks, cells.min(FINEST)))
    }

    /// Metres a unit of the model frame, in which the figurine is so `tall`.
    fn unit(&self, size: Size, tall: f32) -> f32 {
        match (self.scale, size) {
            (Some(scale), _) => scale,
            (None, Size::Height(height) | Size::Eyes(height)) => height / tall,
        }
    }

    /// Finds the scale to the eyes, and sees to the base.
    fn size(&mut self, footing: &Footing, options: &PrintOptions) -> Result<()> {
        if let Size::Eyes(height) = options.size {
            ensure!(
                footing.eyes > footing.soles,
                "the figurine's head is not above its feet, so it has no height to the eyes; give --height"
            );
            if !footing.head {
                let note =
                    "there is no head; the eyes are taken to be at nine tenths of the height";
                self.notes.push(note.into());
            }
            self.scale = Some(height / (footing.eyes - footing.soles));
        }
        let Some(base) = options.base else {
            return Ok(());
        };
        self.fields.retain(|(name, _)| !Slot::Base.is(name));
        match base {
            Base::Nothing => Ok(()),
            Base::Plinth(outline, diameter) => self.stand(footing, outline, diameter, options),
        }
    }

    /// Thickens walls, and puts pegs into joints.
    fn strengthen(&mut self, options: &PrintOptions) -> Result<()> {
        let seen = self.seen(match options.wall {
            Some(_) => options.resolution,
            None => ROUGH,
        })?;
        let points = (seen.parts.iter()).flat_map(|part| part.mesh.positions.iter().copied());
        let (low, high) = extent(points);
        let unit = self.unit(options.size, high.y - low.y);
        if let Some(wall) = options.wall {
            let kept = self.plinth.as_ref().map(|_| Slot::Base.name());
            let fields = std::mem::take(&mut self.fields);
            let (fields, remarks) = walls::thicken(fields, &seen, wall / unit, kept)?;
            self.fields = fields;
            self.details.extend(remarks);
        }
        if let Some(clearance) = options.pegs {
            let fields = std::mem::take(&mut self.fields);
            let found = pegs::add(fields, &seen, unit, clearance)?;
            self.details
                .extend(found.pegs.iter().map(|peg| peg.describe(unit)));
            self.notes.extend(found.notes);
            (self.fields, self.pegs) = (found.fields, found.pegs);
        }
        Ok(())
    }

    /// What comes of the fields on so many cells.
    fn seen(&self, resolution: usize) -> Result<Figurine> {
        let fields: Vec<(String, &dyn Field)> = (self.fields.iter())
            .map(|(name, field)| (name.clone(), &**field))
            .collect();
        let options = AssembleOptions {
            resolution,
            colours: false,
            ..AssembleOptions::default()
        };
        Ok(assemble(&fields, &options)?.figurine)
    }

    /// How large the plinth of a figurine is that has this footing.
    fn plinth_size(
        &self,
        footing: &Footing,
        diameter: Option<f32>,
        options: &PrintOptions,
    ) -> PlinthSize {
        let size = options.size;
        let tall = footing.high.y - footing.soles;
        let scale = |thick: f32| match (size, self.scale) {
            (_, Some(scale)) => scale,
            (Size::Height(height) | Size::Eyes(height), None) => (height - thick) / tall,
        };
        // Letters need some room.
        let (of_width, of_height, least) = match &options.name {
            Some(name) => (0.16, 0.07, Nameplate::least_height(name)),
            None => (0.12, 0.04, 0.0),
        };
        let thickness = |wide: f32| {
            (of_width * wide)
                .max(of_height * tall * scale(0.0))
                .max(least)
        };
        let usual = match size {
            // What boxes of miniatures of these sizes come with.
            Size::Eyes(height) if height < 0.03 => 25.0 / 28.0 * height,
            Size::Eyes(height) => height,
            Size::Height(height) if footing.spread > 0.0 => 0.35 * height,
            Size::Height(height) => height / 2.0,
        };
        let rise = |wide: f32| (1.0 - plinth::SUNK) * thickness(wide);
        let needed = footing.reach * scale(rise(usual));
        // The margin grows with the plinth, so that a row of miniatures looks alike.
        let wide = diameter.unwrap_or_else(|| usual.max(2.0 * needed * 1.1));
        PlinthSize {
            wide,
            high: thickness(wide),
            scale: scale(rise(wide)),
        }
    }

    /// Sets the figurine on a plinth, which becomes the first part: whatever is in it keeps its shape,
    /// and the plinth gives way.
    fn stand(
        &mut self,
        footing: &Footing,
        outline: Outline,
        diameter: Option<f32>,
        options: &PrintOptions,
    ) -> Result<()> {
        let PlinthSize { wide, high, scale } = self.plinth_size(footing, diameter, options);
        let rise = (1.0 - plinth::SUNK) * high;
        let tall = footing.high.y - footing.soles;
        ensure!(
            scale > 0.0 && rise < 0.5 * (tall * scale + rise),
            "a plinth {:.1} mm wide and {:.1} mm high leaves too little of the figurine's height; \
             give a smaller --base-diameter",
            1000.0 * wide,
            1000.0 * high
        );
        if (wide - 2.0 * plinth::TAPER * high) / 2.0 < footing.reach * scale {
            self.notes.push(format!(
                "the feet reach over the edge of the plinth; {:.0} mm would hold them",
                2000.0 * footing.reach * scale + 2000.0 * plinth::TAPER * high
            ));
        }
        self.details.push(format!(
            "the plinth is {:.1} mm wide and {:.1} mm high, of which the feet sink in {:.1} mm",
            1000.0 * wide,
            1000.0 * high,
            1000.0 * plinth::SUNK * high
        ));
        let thick = high / scale;
        let bottom = Vec3::new(
            footing.middle.x,
            footing.soles - (1.0 - plinth::SUNK) * thick,
            footing.middle.y,
        );
        // What hangs lower than the soles would come out of the plinth's bottom.
        let fields = std::mem::take(&mut self.fields).into_iter();
        let floor = footing.soles;
        self.fields = fields
            .map(|(name, field)| (name, Box::new(Stood::above(field, floor)) as Box<dyn Field>))
            .collect();
        let plinth = Plinth::new(outline, bottom, wide / scale, thick).drawn_out(footing.spread);
        if let Some(name) = &options.name {
            let plate = Nameplate::fit(name, Wall::of(plinth.clone()), scale)?;
            self.details.push(plate.describe(scale));
            self.nameplate = Some(plate);
        }
        let field = Box::new(plinth.clone());
        self.fields.insert(0, (Slot::Base.name().into(), field));
        self.scale = Some(scale);
        self.plinth = Some(plinth);
        Ok(())
    }
}
