//! Words beside a photo: the figure is made of the photo's part maps, and the parts that words change are imagined in
//! latents and put onto it. What the words are not about stays as the photo alone has it.

use anyhow::Result;
use glam::{Vec3, Vec3Swizzles};

use super::colour_grid::{ColourGrid, filled, grid, mean_colour};
use super::figurine::Made;
use super::{Options, SaidBase, Subject, part_maps, word_changes};
use crate::base::numeric::overlap;
use crate::base::progress::{Stage, Watch};
use crate::figure::print::{Outline, Plinth};
use crate::geometry::{Aabb, Field, extent};
use crate::model::{Change, Imagined, Model, PartField};
use crate::registration::Changed;
use crate::slots::Slot;

/// A part whose shapes without the words and with them have in common at least this share of what either fills got other
/// colours alone: it keeps the photo's shape. Of two photos that were looked at with fifteen changes each, shirts, trousers
/// and skins had 0.43 to 0.88, a skirt in the place of trousers 0.40, another item 0.25 at most.
const SAME_SHAPE: f32 = 0.42;
/// The same on heads: other hair had 0.58 and 0.69, hats and helmets 0.47 to 0.55.
const SAME_HAIR: f32 = 0.56;
/// Mean colours of a part that differ by less, sRGB `0..=1`, are the same: it stays as the photo has it.
const SAME_COLOUR: f32 = 0.1;

/// The fields of all parts: the photo's, and in the places of those that the words changed the new ones.
pub(super) fn fields(
    model: &Model,
    imagined: &Imagined,
    change: &Change,
    subject: &Subject,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Made> {
    let news = || News::of(model, imagined, change, subject.base);
    let news = watch.stage(Stage::Fields, 0, news)?;
    let leaving: Vec<Slot> = news.slots().collect();
    let mut made = part_maps::fields(model, subject, options, &leaving, watch)?;
    if !leaving.is_empty() {
        made.changed = watch.stage(Stage::Look, 0, || news.put_on(&mut made.fields))?;
        made.silhouettes.clear(); // the photo does not show what is new
    }
    word_changes::tell(model, imagined, &made.changed, watch);
    Ok(made)
}

type Parts<F> = Vec<(String, F)>;

/// What words do to a part.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Nothing,
    Colours,
    /// A base alone: the photo's, in another outline.
    Outline,
    Shape,
}

/// The figure as it was imagined without the words and with them, and what they do to the parts that they are about.
struct News {
    before: Parts<PartField>,
    after: Parts<PartField>,
    kinds: Parts<Kind>,
    /// What the words say of the base.
    base: Option<SaidBase>,
}

impl News {
    fn of(
        model: &Model,
        imagined: &Imagined,
        change: &Change,
        base: Option<SaidBase>,
    ) -> Result<Self> {
        let mut names = word_changes::names(model, change, imagined);
        let changed = names.iter().any(|name| Slot::Base.is(name));
        if base.is_some() && !changed {
            names.push(Slot::Base.name().into());
        }
        if names.is_empty() {
            return Ok(Self {
                before: Vec::new(),
                after: Vec::new(),
                kinds: Vec::new(),
                base,
            });
        }
        let (before, after) = (
            model.fields(&change.before)?,
            model.fields(&imagined.latents)?,
        );
        let (said, alone) = (base.is_some(), base.is_some_and(|base| base.alone));
        let kind = |name: String| {
            let kind = match (place(&before, &name), place(&after, &name)) {
                _ if said && Slot::Base.is(&name) => match changed && !alone {
                    true => Kind::Shape,
                    false => Kind::Outline,
                },
                (Some(was), Some(is)) => kind(&name, &before[was].1, &after[is].1)?,
                _ => Kind::Shape,
            };
            anyhow::Ok((name, kind))
        };
        let kinds = names.into_iter().map(kind).collect::<Result<_>>()?;
        Ok(Self {
            before,
            after,
            kinds,
            base,
        })
    }

    /// Those of which something changes.
    fn slots(&self) -> impl Iterator<Item = Slot> {
        let changed = self.kinds.iter().filter(|(_, kind)| *kind != Kind::Nothing);
        changed.filter_map(|(name, _)| Slot::of(name))
    }

    /// Puts them onto the photo's figure, and tells which of its parts are others now.
    fn put_on(mut self, shown: &mut Parts<Box<dyn Field>>) -> Result<Changed> {
        let outline = self.base.map(|base| base.outline);
        let rooms = [&self.before, &self.after].map(|parts| rooms(parts, PartField::aabb));
        let mut changed = Changed::default();
        for (name, kind) in self.kinds {
            let old = place(shown, &name);
            let new = place(&self.after, &name).map(|at| self.after.remove(at).1);
            let field: Option<Box<dyn Field>> = match (new, old) {
                (None, None) => continue,
                (Some(_), Some(_)) if kind == Kind::Nothing => continue,
                (_, Some(old)) if kind == Kind::Outline => {
                    let old = shown.remove(old).1;
                    Some(on_outline(old, legs(shown), outline)?)
                }
                (None, Some(old)) => {
                    shown.remove(old); // the words take it away
                    None
                }
                (Some(new), Some(old)) if kind == Kind::Colours => {
                    let new = fitted(&name, new, &rooms, shown, true);
                    let (shape, colours) = (shown.remove(old).1, ColourGrid::of(&new)?);
                    Some(Box::new(Repainted { shape, colours }))
                }
                (Some(new), old) => {
                    let new = fitted(&name, new, &rooms, shown, false);
                    match old.map(|old| shown.remove(old).1) {
                        _ if Slot::Base.is(&name) => Some(on_outline(new, legs(shown), outline)?),
                        Some(hair) if Slot::Hair.is(&name) => {
                            Some(Box::new(Worn { hair, hat: new }))
                        }
                        _ => Some(Box::new(new)),
                    }
                }
            };
            shown.extend(field.map(|field| (name.clone(), field)));
            changed.names.push(name);
        }
        shown.sort_by_key(|(name, _)| Slot::ALL.iter().position(|slot| slot.is(name)));
        Ok(changed)
    }
}

/// A base, or a plinth in its place and colours, of the outline that words give it, so wide that there is room for `legs`.
pub(super) fn on_outline(
    base: impl Field + 'static,
    legs: Option<Aabb>,
    outline: Option<Outline>,
) -> Result<Box<dyn Field>> {
    let (Some(outline), Some(room)) = (outline, filled(&base)?) else {
        return Ok(Box::new(base));
    };
    let bottom = room.middle - Vec3::Y * room.half.y;
    // What stands in its middle reaches as far as the corners of the legs' box.
    let feet = legs.map_or(0.0, |legs| {
        (legs.middle - bottom).abs().xz().length() + legs.half.xz().length()
    });
    let radius = room.half.x.max(room.half.z).max(feet);
    let plinth = Plinth::new(outline, bottom, 2.0 * radius, 2.0 * room.half.y);
    Ok(Box::new(Repainted {
        shape: Box::new(plinth),
        colours: ColourGrid::of(&base)?,
    }))
}

/// What words do to a part.
fn kind(name: &str, was: &PartField, is: &PartField) -> Result<Kind> {
    let same = if Slot::Hair.is(name) {
        SAME_HAIR
    } else {
        SAME_SHAPE
    };
    if alike(was, is)? < same {
        return Ok(Kind::Shape);
    }
    Ok(
        match mean_colour(was)?.distance(mean_colour(is)?) < SAME_COLOUR {
            true => Kind::Nothing,
            false => Kind::Colours,
        },
    )
}

/// A part in its place on the photo's figure: where its bearer is, or in the box that its slot has there, as what is in
/// the place `itself` has to be.
fn fitted(
    name: &str,
    part: PartField,
    [before, after]: &[Parts<Aabb>; 2],
    shown: &Parts<Box<dyn Field>>,
    itself: bool,
) -> PartField {
    let rooms = rooms(shown, |field| field.bounds().into());
    // Where a part is among the imagined and among the shown; where either has none, where all are.
    let both =
        |name: &str, imagined: &Parts<Aabb>| match (place(imagined, name), place(&rooms, name)) {
            (Some(i), Some(k)) => (imagined[i].1, rooms[k].1),
            _ => (all(imagined), all(&rooms)),
        };
    match Slot::of(name).and_then(Slot::bearer).filter(|_| !itself) {
        // What is put on a head goes around it.
        Some(Slot::Head) => {
            let (was, is) = both(Slot::Head.name(), after);
            word_changes::loosen(name, word_changes::carry(part, was, is, is.half / was.half))
        }
        // What is held or carried is as large beside the figure as it was imagined.
        Some(bearer) => {
            let (was, is) = both(bearer.name(), after);
            let growth = all(&rooms).half.y / all(after).half.y;
            word_changes::carry(part, was, is, Vec3::splat(growth))
        }
        None => {
            let (was, is) = both(name, before);
            word_changes::carry(part, was, is, is.half / was.half)
        }
    }
}

/// The box of the legs among these.
fn legs(parts: &Parts<Box<dyn Field>>) -> Option<Aabb> {
    let at = place(parts, Slot::Legs.name())?;
    Some(parts[at].1.bounds().into())
}

fn place<F>(parts: &Parts<F>, name: &str) -> Option<usize> {
    parts.iter().position(|(other, _)| other == name)
}

fn rooms<F>(parts: &Parts<F>, of: impl Fn(&F) -> Aabb) -> Parts<Aabb> {
    let room = |(name, field): &(String, F)| (name.clone(), of(field));
    parts.iter().map(room).collect()
}

/// The box around all of these.
fn all(rooms: &Parts<Aabb>) -> Aabb {
    let corners = rooms
        .iter()
        .flat_map(|(_, room)| [room.middle - room.half, room.middle + room.half]);
    extent(corners).into()
}

/// What two parts fill both, of what either fills: 1 for the same shape.
fn alike(a: &PartField, b: &PartField) -> Result<f32> {
    let grid = grid(around([a.bounds(), b.bounds()]));
    let pairs = a.distance(&grid)?.into_iter().zip(b.distance(&grid)?);
    Ok(overlap(pairs.map(|(a, b)| (a < 0.0, b < 0.0))))
}

/// The corners of the box around two, given by theirs.
fn around(boxes: [(Vec3, Vec3); 2]) -> (Vec3, Vec3) {
    extent(boxes.into_iter().flat_map(|(low, high)| [low, high]))
}

/// A part of the photo's shape, in the colours that another has at the nearest place of its surface.
struct Repainted {
    shape: Box<dyn Field>,
    colours: ColourGrid,
}

impl Field for Repainted {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        self.shape.distance(points)
    }
    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        Ok(points
            .iter()
            .map(|&p| self.colours.at(p).to_array())
            .collect())
    }
    fn bounds(&self) -> (Vec3, Vec3) {
        self.shape.bounds()
    }
}

/// A hat, and the hair that the photo shows under it.
struct Worn {
    hair: Box<dyn Field>,
    hat: PartField,
}

impl Field for Worn {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let (hair, hat) = (self.hair.distance(points)?, self.hat.distance(points)?);
        Ok(hair
            .into_iter()
            .zip(hat)
            .map(|(hair, hat)| hair.min(hat))
            .collect())
    }
    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        let (hair, hat) = (self.hair.distance(points)?, self.hat.distance(points)?);
        let (natural, felt) = (self.hair.colour(points)?, self.hat.colour(points)?);
        let outer = (hair.into_iter().zip(hat)).map(|(hair, hat)| hair < hat);
        let colours = outer.zip(natural.into_iter().zip(felt));
        Ok(colours
            .map(|(hair, (natural, felt))| if hair { natural } else { felt })
            .collect())
    }
    fn bounds(&self) -> (Vec3, Vec3) {
        around([self.hair.bounds(), self.hat.bounds()])
    }
}
