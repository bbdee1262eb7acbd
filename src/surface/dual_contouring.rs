//! From a signed distance to a closed, manifold, outward-oriented mesh.
//!
//! Dual contouring, one vertex for every loop in which the surface cuts a cell (so that two sheets
//! in a cell stay two) and one quad for every grid edge that the surface crosses. A face whose
//! four edges are all crossed can be cut in two ways; its saddle decides. Where both cells beside it
//! would join the two cuts in one loop, the same two vertices would share two edges, and four quads would meet
//! there; such a face is cut the other way, which splits the loop of either cell in two. Loops
//! are only ever split, so one pass over the faces leaves no edge with other than two triangles,
//! and no vertex whose triangles are not one fan, whatever the field is.
//!
//! A vertex lies where the field is zero, and on a sharp edge of the field where one passes its cell.
//! Vertices stay strictly inside their cells. Seen along the crossed edge the four of a quad are
//! then one in each quadrant, and at least one diagonal cuts it in two triangles that face the
//! right way.

use std::collections::HashMap;

use glam::{IVec3, Mat3, Vec3};

use super::cell::{Cell, EDGES, NONE, crossing, gradient};
use super::sparse_grid::{Index, Level, Sparse, corner, mixed};
use crate::geometry::{Field, Mesh, normals};

/// How far a vertex stays from its cell's faces, cells. Less makes better spheres and worse
/// triangles; welding tools merge vertices a few thousandths of a cell apart.
const MARGIN: f32 = 0.015;

/// Why a field gave no mesh.
#[derive(Debug)]
pub enum ExtractError {
    /// The field is positive everywhere: the part is absent.
    NoSurface,
    /// The field itself failed, or gave numbers that are not finite, or bounds that make no sense.
    Field(anyhow::Error),
}

impl std::fmt::Display for ExtractError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSurface => write!(f, "the field has no surface"),
            Self::Field(_) => write!(f, "the field could not be evaluated"),
        }
    }
}

impl std::error::Error for ExtractError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoSurface => None,
            Self::Field(e) => Some(e.as_ref()),
        }
    }
}

/// The surface of `field` on a grid of `resolution` cells across the model's box `[-1, 1]^3`
/// (2 to 2048); smaller parts use as many of the same cells as their bounds need.
///
/// The mesh is closed, also where the field touches its bounds, every edge has two triangles, and
/// these face outward. Colours are left mid-grey for [`parts::paint`](super::assemble::paint).
///
/// # Errors
/// [`ExtractError::NoSurface`] if no sample is inside; [`ExtractError::Field`] if the field fails.
pub fn extract(field: &dyn Field, resolution: usize) -> Result<Mesh, ExtractError> {
    Ok(Net::of(field, resolution)?.mesh())
}

/// As [`extract`], of a part by that name; nothing where it has no surface.
///
/// # Errors
/// The field fails; the part is named.
pub fn extract_part(
    name: &str,
    field: &dyn Field,
    resolution: usize,
) -> anyhow::Result<Option<Mesh>> {
    match extract(field, resolution) {
        Ok(mesh) => Ok(Some(mesh)),
        Err(ExtractError::NoSurface) => Ok(None),
        Err(ExtractError::Field(e)) => Err(e.context(format!("the part `{name}` failed"))),
    }
}

/// A surface before its vertices are a mesh's: parts that share a border can still move them to
/// the same places.
pub(crate) struct Net {
    cells: Vec<Cell>,
    number: Sparse<u32>,
    /// By vertex, in the model frame.
    pub(crate) positions: Vec<Vec3>,
    /// By cell, its place on the grid that all parts share.
    pub(crate) places: Vec<IVec3>,
}

impl Net {
    /// As [`extract`].
    pub(crate) fn of(field: &dyn Field, resolution: usize) -> Result<Self, ExtractError> {
        let level = Level::finest(field, resolution)?;
        let mut cells: Vec<Cell> = (level.cells.iter())
            .map(|&at| Cell {
                at,
                corners: level.corners(at),
                joined: 0,
                first: 0,
                loops: [NONE; 12],
            })
            .filter(|cell| mixed(cell.corners))
            .collect();
        if cells.is_empty() {
            return Err(ExtractError::NoSurface);
        }
        let mut number = Sparse::new(level.size, u32::MAX);
        for (i, cell) in cells.iter().enumerate() {
            *number.slot(cell.at) = i as u32;
        }
        for cell in &mut cells {
            cell.joined = cell.saddles();
        }
        part_sheets(&mut cells, &number);
        let positions = place(&mut cells, &level)?;
        let places = cells.iter().map(|cell| level.shared(cell.at)).collect();
        let mut net = Self {
            cells,
            number,
            positions,
            places,
        };
        let edgy = edgy(&net.positions, &net.triangles());
        sharpen(&net.cells, &edgy, &level, &mut net.positions)?;
        Ok(net)
    }

    /// The vertex of `cell` whose loop passes `edge` (0 to 11) of it, if one does.
    pub(crate) fn vertex(&self, cell: usize, edge: usize) -> Option<u32> {
        let cell = &self.cells[cell];
        (cell.loops[edge] != NONE).then(|| cell.first + u32::from(cell.loops[edge]))
    }

    /// The closed mesh, mid-grey.
    pub(crate) fn mesh(self) -> Mesh {
        let triangles = self.triangles();
        let mut mesh = Mesh {
            colours: vec![[0.5; 3]; self.positions.len()],
            positions: self.positions,
            triangles,
            ..Mesh::default()
        };
        normals::smooth(&mut mesh);
        mesh
    }

    fn triangles(&self) -> Vec<[u32; 3]> {
        connect(&self.cells, &self.number, &self.positions)
    }
}

/// Cuts those ambiguous faces the other way that would otherwise give an edge four triangles.
fn part_sheets(cells: &mut [Cell], number: &Sparse<u32>) {
    for i in 0..cells.len() {
        for (axis, face) in [(0, 1), (1, 3), (2, 5)] {
            if !cells[i].ambiguous(face) || !cells[i].in_one_loop(face) {
                continue;
            }
            let mut beyond = cells[i].at;
            beyond[axis] += 1;
            let other = number.get(beyond) as usize; // there: the surface was followed across the face
            if cells[other].in_one_loop(face - 1) {
                cells[i].joined ^= 1 << face;
                cells[other].joined ^= 1 << (face - 1);
            }
        }
    }
}

/// One vertex a loop: the mean of its crossings, moved along the field onto the surface.
fn place(cells: &mut [Cell], level: &Level) -> Result<Vec<Vec3>, ExtractError> {
    let mut local = Vec::new(); // in cells, and the cell
    for (i, cell) in cells.iter_mut().enumerate() {
        let (loops, count) = cell.trace();
        (cell.loops, cell.first) = (loops, local.len() as u32);
        for l in 0..count {
            let crossings = (0..12)
                .filter(|&e| loops[e] == l)
                .map(|e| crossing(&cell.corners, e));
            let (sum, n) = crossings.fold((Vec3::ZERO, 0.0), |(s, n), p| (s + p, n + 1.0));
            local.push((i, count == 1, clamp(sum / n)));
        }
    }
    let world = |&(i, _, p): &(usize, bool, Vec3)| level.position(cells[i].at) + p * level.cell;
    let found = level
        .field
        .distance(&local.iter().map(world).collect::<Vec<_>>())?;
    for ((i, alone, p), d) in local.iter_mut().zip(found) {
        // A cell with two sheets keeps their means: a step could carry one onto the other.
        if *alone {
            let slope = gradient(&cells[*i].corners, *p);
            let step = slope * (-d / slope.length_squared().max(1e-12));
            *p = clamp(*p + step.clamp_length_max(0.5));
        }
    }
    let world = |&(i, _, p): &(usize, bool, Vec3)| level.position(cells[i].at) + p * level.cell;
    Ok(local.iter().map(world).collect())
}

/// The vertices where triangles meet at an angle: a sharp edge of the field may pass their cells.
fn edgy(positions: &[Vec3], triangles: &[[u32; 3]]) -> Vec<bool> {
    let mut first = vec![Vec3::ZERO; positions.len()];
    let mut edgy = vec![false; positions.len()];
    for t in triangles {
        let normal = normals::face(t.map(|v| positions[v as usize]));
        for v in t.map(|v| v as usize) {
            if first[v] == Vec3::ZERO {
                first[v] = normal;
            }
            edgy[v] |= first[v].dot(normal) < 0.85; // about 30 degrees
        }
    }
    edgy
}

/// Moves the vertices at sharp edges onto them: to the point nearest to the tangent planes at all
/// crossings of the vertex's loop (Ju et al., Dual Contouring of Hermite Data), so that the rim of
/// a plinth, a blade, and the border that one part leaves in another are lines, not teeth.
fn sharpen(
    cells: &[Cell],
    edgy: &[bool],
    level: &Level,
    positions: &mut [Vec3],
) -> Result<(), ExtractError> {
    const STEP: f32 = 0.05; // of a finite difference, cells
    // A cell with two sheets is left alone, as in `place`.
    let alone = |c: &&Cell| c.loops.iter().all(|&l| l == NONE || l == 0) && edgy[c.first as usize];
    let sharp: Vec<&Cell> = cells.iter().filter(alone).collect();
    let crossed = |cell: &&Cell| {
        let (at, loops) = (cell.at, cell.loops);
        let crossed = (0..12).filter(move |&e| loops[e] != NONE);
        crossed.map(move |e| (e, (corner(at, EDGES[e][0]), e / 4)))
    };
    // Up to four cells share an edge: each is asked for once.
    let mut number: HashMap<(Index, usize), usize> = HashMap::new();
    let mut points = Vec::new();
    for cell in &sharp {
        for (e, edge) in crossed(cell) {
            number.entry(edge).or_insert_with(|| {
                let place = level.position(cell.at) + crossing(&cell.corners, e) * level.cell;
                points.extend(
                    [Vec3::ZERO, Vec3::X, Vec3::Y, Vec3::Z].map(|v| place + v * STEP * level.cell),
                );
                points.len() / 4 - 1
            });
        }
    }
    let found = level.field.distance(&points)?;
    for cell in sharp {
        let planes: Vec<(Vec3, Vec3, f32)> = crossed(&cell)
            .map(|(e, edge)| {
                let d = &found[4 * number[&edge]..][..4];
                let slope = Vec3::new(d[1] - d[0], d[2] - d[0], d[3] - d[0]) / STEP;
                let steep = slope.length().max(1e-12);
                (crossing(&cell.corners, e), slope / steep, d[0] / steep)
            })
            .collect();
        positions[cell.first as usize] =
            level.position(cell.at) + clamp(nearest(&planes)) * level.cell;
    }
    Ok(())
}

/// The point with the least squared distances to planes of a point, unit normal and the point's
/// signed distance; where they leave it open, the one nearest to the points' mean.
fn nearest(planes: &[(Vec3, Vec3, f32)]) -> Vec3 {
    const PULL: f32 = 0.03; // towards the mean, beside normals of length 1
    let mean = planes.iter().map(|p| p.0).sum::<Vec3>() / planes.len().max(1) as f32;
    let mut matrix = Mat3::from_diagonal(Vec3::splat(PULL));
    let mut right = Vec3::ZERO;
    for &(point, normal, distance) in planes {
        matrix += Mat3::from_cols(normal * normal.x, normal * normal.y, normal * normal.z);
        right += normal * (normal.dot(point - mean) - distance);
    }
    mean + matrix.inverse() * right
}

fn clamp(p: Vec3) -> Vec3 {
    p.clamp(Vec3::splat(MARGIN), Vec3::splat(1.0 - MARGIN))
}

/// Two triangles for every grid edge that the surface crosses.
fn connect(cells: &[Cell], number: &Sparse<u32>, positions: &[Vec3]) -> Vec<[u32; 3]> {
    let mut triangles = Vec::new();
    for cell in cells {
        for axis in 0..3 {
            let (low, high) = (cell.inside(0), cell.inside(1 << axis));
            if low == high {
                continue;
            }
            let quad = around(cell.at, axis).map(|(at, edge)| {
                let cell = &cells[number.get(at) as usize];
                cell.first + u32::from(cell.loops[edge])
            });
            // Halved before it is turned: two parts that share a border must cut it the same way.
            let pair = halves(quad, positions, Vec3::AXES[axis]);
            triangles.extend(pair.map(|[p, q, r]| if high { [r, q, p] } else { [p, q, r] }));
        }
    }
    triangles
}

/// The four cells around the edge that leaves point `at` along `axis`, counter-clockwise seen
/// against the axis, and which of its edges it is to each.
fn around(at: Index, axis: usize) -> [(Index, usize); 4] {
    let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
    [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(back_b, back_c)| {
        let mut cell = at;
        cell[b] -= back_b;
        cell[c] -= back_c;
        (cell, axis * 4 + (back_b + 2 * back_c) as usize)
    })
}

/// The better of a quad's two halvings: the one whose worse triangle is the less flat, and faces
/// `along`.
fn halves(q: [u32; 4], positions: &[Vec3], along: Vec3) -> [[u32; 3]; 2] {
    let quality = |t: [u32; 3]| {
        let [a, b, c] = t.map(|v| positions[v as usize]);
        let area = (b - a).cross(c - a);
        let longest = (b - a)
            .length_squared()
            .max((c - b).length_squared())
            .max((a - c).length_squared());
        let shape = area.length() / longest;
        if area.dot(along) > 0.02 * area.length() {
            shape
        } else {
            shape - 2.0
        }
    };
    let one = [[q[0], q[1], q[2]], [q[0], q[2], q[3]]];
    let two = [[q[1], q[2], q[3]], [q[1], q[3], q[0]]];
    let worst = |pair: [[u32; 3]; 2]| quality(pair[0]).min(quality(pair[1]));
    if worst(one) > worst(two) { one } else { two }
}
