//! From one field a part to a figurine: no crumbs, no overlaps, coloured.

use anyhow::{Context, anyhow};
use glam::Vec3;

use super::{
    Field, Figurine, Mesh, Part, normals,
    surface::{ExtractError, extract},
};

/// How [`assemble`] works.
#[derive(Clone, Debug)]
pub struct AssembleOptions {
    /// Lattice cells across the model's box.
    pub resolution: usize,
    /// Give each point to one part, so that parts touch and never overlap.
    pub disjoint: bool,
    /// Pieces below this share of their part's volume are dropped, `0..1`.
    pub crumb_share: f32,
    /// How far the skin of a part goes on under the part that carves it, lattice cells. 0 keeps parts
    /// apart exactly, but then flat joints show teeth.
    pub lip: f32,
}

impl Default for AssembleOptions {
    fn default() -> Self {
        Self {
            resolution: 128, // the figurine model resolves no more, and the work grows with the square
            disjoint: true,
            crumb_share: 0.01,
            lip: 0.85,
        }
    }
}

/// Loose pieces and inner voids that were dropped from a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Crumbs {
    /// The part's name.
    pub part: String,
    /// How many pieces.
    pub pieces: usize,
    /// Their share of the part's volume, `0..1`.
    pub share: f32,
}

/// A figurine and what there is to say about how it came about.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    /// The parts that exist, in the order of their fields.
    pub figurine: Figurine,
    /// Names of the parts whose field has no surface, or none outside the other parts.
    pub empty: Vec<String>,
    /// What was dropped, by part.
    pub crumbs: Vec<Crumbs>,
}

/// Extracts, cleans and colours every part of `fields`, named and in order.
///
/// With [`AssembleOptions::disjoint`] a point inside several parts belongs to the last of them:
/// the model's slots go from the body to what it wears and holds, so that a cape or a sword stays
/// whole and the thick body beneath it gives way.
///
/// # Errors
/// A field that fails, with the part's name. A part without surface is no error but listed in
/// [`Assembly::empty`].
pub fn assemble(
    fields: &[(String, &dyn Field)],
    options: &AssembleOptions,
) -> anyhow::Result<Assembly> {
    let mut out = Assembly::default();
    for (i, (name, field)) in fields.iter().enumerate() {
        let owners = fields[i + 1..]
            .iter()
            .map(|f| f.1)
            .filter(|f| options.disjoint && touching(*field, *f));
        let lip = options.lip.max(0.0) * 2.0 / options.resolution.max(2) as f32;
        let carved = Carved {
            field: *field,
            owners: owners.collect(),
            lip,
        };
        let mut mesh = match extract(&carved, options.resolution) {
            Ok(mesh) => mesh,
            Err(ExtractError::NoSurface) => {
                out.empty.push(name.clone());
                continue;
            }
            Err(ExtractError::Field(e)) => {
                return Err(e.context(format!("the part `{name}` failed")));
            }
        };
        let (pieces, share) =
            drop_crumbs(&mut mesh, options.crumb_share, !carved.owners.is_empty());
        if pieces > 0 {
            out.crumbs.push(Crumbs {
                part: name.clone(),
                pieces,
                share,
            });
        }
        paint(&mut mesh, *field)
            .with_context(|| format!("the part `{name}` cannot be coloured"))?;
        out.figurine.parts.push(Part {
            name: name.clone(),
            mesh,
        });
    }
    Ok(out)
}

/// Colours every vertex of `mesh` from `field`.
///
/// # Errors
/// Those of the field, and a field that does not give one colour a point.
pub fn paint(mesh: &mut Mesh, field: &dyn Field) -> anyhow::Result<()> {
    let colours = field.colour(&mesh.positions)?;
    if colours.len() != mesh.positions.len() {
        return Err(anyhow!(
            "it gave {} colours for {} points",
            colours.len(),
            mesh.positions.len()
        ));
    }
    let sound = |c: [f32; 3]| {
        c.map(|v| {
            if v.is_finite() {
                v.clamp(0.0, 1.0)
            } else {
                0.5
            }
        })
    };
    mesh.colours = colours.into_iter().map(sound).collect();
    Ok(())
}

/// Whether the bounds of two parts overlap.
fn touching(a: &dyn Field, b: &dyn Field) -> bool {
    let ((a_low, a_high), (b_low, b_high)) = (a.bounds(), b.bounds());
    a_low.cmple(b_high).all() && b_low.cmple(a_high).all()
}

/// A part without what other parts own: `max(d, -d_owner)`. The owners' surfaces become its own
/// there, so beneath the lip both parts see the shared border at the same samples with the
/// opposite sign, and place the same vertices.
///
/// Where two surfaces meet at a flat angle a carved part ends in a wedge thinner than any lattice,
/// and its rim in teeth. So its outermost skin goes on a little under the owner's surface, and
/// what one sees is where the two smooth surfaces cross.
struct Carved<'a> {
    field: &'a dyn Field,
    owners: Vec<&'a dyn Field>,
    /// How far the skin reaches into an owner, model units.
    lip: f32,
}

impl Field for Carved<'_> {
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        let mut distances = self.field.distance(points)?;
        let (low, high) = self.bounds();
        // Farther out an owner cannot change on which side of the surface a point is.
        let skin = 0.02 * (high - low).max_element();
        for owner in &self.owners {
            let (low, high) = owner.bounds();
            let to_box = |p: Vec3| (low - p).max(p - high).max_element();
            let near =
                |&i: &usize| distances.get(i).is_some_and(|d| *d < skin) && to_box(points[i]) < 0.0;
            let shared: Vec<usize> = (0..points.len()).filter(near).collect();
            if shared.is_empty() {
                continue;
            }
            let asked: Vec<Vec3> = shared.iter().map(|&i| points[i]).collect();
            for ((&i, p), d) in shared.iter().zip(&asked).zip(owner.distance(&asked)?) {
                // One lip deep, then ever less.
                let skin = (2.0 + distances[i] / self.lip.max(1e-9)).clamp(0.0, 1.0);
                distances[i] = distances[i].max(-d.max(to_box(*p)) - self.lip * skin);
            }
        }
        Ok(distances)
    }

    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
        self.field.colour(points)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.field.bounds()
    }
}

/// Drops the pieces below `least` of the volume, and inner voids (which hold resin and cannot be
/// seen) unless `hollowed` by another part. Returns how many went and their share of the volume.
fn drop_crumbs(mesh: &mut Mesh, least: f32, hollowed: bool) -> (usize, f32) {
    let piece = pieces(mesh);
    let count = piece.iter().max().map_or(0, |&m| m as usize + 1);
    let mut volumes = vec![0.0f64; count];
    for t in &mesh.triangles {
        let [a, b, c] = t.map(|v| mesh.positions[v as usize].as_dvec3());
        volumes[piece[t[0] as usize] as usize] += a.dot(b.cross(c)) / 6.0;
    }
    let whole: f64 = volumes.iter().filter(|v| **v > 0.0).sum();
    let largest = volumes.iter().copied().fold(0.0, f64::max);
    let small = |v: f64| v.abs() < f64::from(least) * whole && v < largest;
    let drop: Vec<bool> = volumes
        .iter()
        .map(|&v| small(v) || (v < 0.0 && !hollowed))
        .collect();
    let gone = drop.iter().filter(|d| **d).count();
    if gone == 0 {
        return (0, 0.0);
    }
    let lost: f64 = volumes
        .iter()
        .zip(&drop)
        .filter(|(_, d)| **d)
        .map(|(v, _)| v.abs())
        .sum();
    mesh.triangles
        .retain(|t| !drop[piece[t[0] as usize] as usize]);
    let keep: Vec<bool> = piece.iter().map(|&p| !drop[p as usize]).collect();
    compact(mesh, &keep);
    normals::smooth(mesh);
    (gone, (lost / whole.max(f64::MIN_POSITIVE)) as f32)
}

/// The connected piece of each vertex, counted from 0.
fn pieces(mesh: &Mesh) -> Vec<u32> {
    let mut root: Vec<u32> = (0..mesh.positions.len() as u32).collect();
    fn find(root: &mut [u32], mut v: u32) -> u32 {
        while root[v as usize] != v {
            root[v as usize] = root[root[v as usize] as usize];
            v = root[v as usize];
        }
        v
    }
    for &[a, b, c] in &mesh.triangles {
        for (p, q) in [(a, b), (b, c)] {
            let (p, q) = (find(&mut root, p), find(&mut root, q));
            root[p.max(q) as usize] = p.min(q);
        }
    }
    let (mut number, mut count) = (vec![0; root.len()], 0);
    for v in 0..root.len() as u32 {
        let r = find(&mut root, v);
        if r == v {
            number[v as usize] = count;
            count += 1;
        } else {
            number[v as usize] = number[r as usize]; // the root is the piece's first vertex
        }
    }
    number
}

/// Removes the vertices that are not kept; no triangle may use them.
pub(super) fn compact(mesh: &mut Mesh, keep: &[bool]) {
    let mut next = 0;
    let number: Vec<u32> = (keep.iter())
        .map(|&kept| {
            let n = next;
            next += u32::from(kept);
            n
        })
        .collect();
    let mut kept = keep.iter();
    mesh.positions.retain(|_| *kept.next().unwrap_or(&false));
    let mut kept = keep.iter();
    mesh.normals.retain(|_| *kept.next().unwrap_or(&false));
    let mut kept = keep.iter();
    mesh.colours.retain(|_| *kept.next().unwrap_or(&false));
    for t in &mut mesh.triangles {
        *t = t.map(|v| number[v as usize]);
    }
}
