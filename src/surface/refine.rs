//! More vertices where the colour changes fast: eyes, mouths, belts.
//!
//! Colours live at vertices, so an outline is as sharp as the triangles along it are small, and
//! those of a shape that is evenly curved are large. Splitting the edges that a colour border
//! crosses costs few triangles, as borders are thin.

use std::collections::HashMap;

use anyhow::Context;
use glam::Vec3;

use super::assemble::paint_all;
use super::simplify;
use crate::geometry::{Field, Figurine, Mesh, normals, one_a_point};

/// How [`sharpen_colours`] works.
#[derive(Clone, Debug)]
pub struct DetailOptions {
    /// Edges are split down to about this length, model units.
    pub shortest: f32,
    /// Edges whose ends differ by less than this are left alone: sRGB distance, `0..=1.73`.
    pub contrast: f32,
    /// At most so many triangles more.
    pub budget: usize,
}

/// Reduces `figurine` to about `faces` triangles and spends an eighth of them on colour borders.
/// Colours come from `fields`, by name; a part without a field keeps its own.
///
/// # Errors
/// Those of the fields, with the part's name.
pub fn finish(
    figurine: &mut Figurine,
    fields: &[(String, &dyn Field)],
    faces: usize,
) -> anyhow::Result<()> {
    if figurine.triangles() > faces / 8 * 7 {
        paint_all(figurine, fields)?; // an edge between colours stays longer
        simplify::to_budget(figurine, faces / 8 * 7);
    }
    paint_all(figurine, fields)?;
    let shortest = 0.004 * (60_000.0 / faces.max(1) as f32).sqrt();
    let mut options = DetailOptions {
        shortest: shortest.clamp(0.001, 0.02),
        contrast: 0.12,
        budget: 0,
    };
    let mut left = faces.saturating_sub(figurine.triangles());
    let borders = borders(figurine);
    let mut wanting = Vec::new();
    for (i, part) in figurine.parts.iter().enumerate() {
        if let Some((_, field)) = fields.iter().find(|f| f.0 == part.name) {
            wanting.push((
                crossed(&part.mesh, &borders[i], &options, usize::MAX).len(),
                i,
                *field,
            ));
        }
    }
    // The modest first: what they leave is shared by the others.
    wanting.sort_by_key(|w| (w.0, w.1));
    let count = wanting.len();
    for (k, (_, i, field)) in wanting.into_iter().enumerate() {
        let part = &mut figurine.parts[i];
        let before = part.mesh.triangles.len();
        options.budget = left / (count - k);
        split_borders(&mut part.mesh, &borders[i], field, &options)
            .with_context(|| format!("the part `{}` cannot be coloured", part.name))?;
        left = left.saturating_sub(part.mesh.triangles.len() - before);
    }
    Ok(())
}

/// Splits the edges of `mesh` that a colour border of `field` crosses, and colours what is new.
/// New vertices are moved onto the field's surface. A closed mesh stays closed.
///
/// # Errors
/// Those of the field.
pub fn sharpen_colours(
    mesh: &mut Mesh,
    field: &dyn Field,
    options: &DetailOptions,
) -> anyhow::Result<()> {
    split_borders(mesh, &[], field, options)
}

/// By part and vertex, whether another part has the same point.
fn borders(figurine: &Figurine) -> Vec<Vec<bool>> {
    let points = simplify::points(figurine);
    let most = points.iter().flatten().max().map_or(0, |&m| m as usize + 1);
    let mut users = vec![0; most];
    points
        .iter()
        .flatten()
        .for_each(|&p| users[p as usize] += 1);
    let shared = |part: &Vec<u32>| part.iter().map(|&p| users[p as usize] > 1).collect();
    points.iter().map(shared).collect()
}

/// As [`sharpen_colours`], but no edge between two vertices of a `border`: another part has it, too.
fn split_borders(
    mesh: &mut Mesh,
    border: &[bool],
    field: &dyn Field,
    options: &DetailOptions,
) -> anyhow::Result<()> {
    let mut left = options.budget;
    for _ in 0..4 {
        let split = crossed(mesh, border, options, left);
        if split.is_empty() {
            break;
        }
        let before = mesh.triangles.len();
        let points = middles(mesh, field, &split)?;
        let colours = field.colour(&points)?;
        one_a_point("colours", colours.len(), points.len())?;
        let first = mesh.positions.len() as u32;
        mesh.positions.extend(points);
        mesh.colours
            .extend(colours.iter().map(|c| c.map(|v| v.clamp(0.0, 1.0))));
        let middle: HashMap<(u32, u32), u32> = split.into_iter().zip(first..).collect();
        let halves =
            |t: &[u32; 3]| [0, 1, 2].map(|k| middle.get(&edge(t[k], t[(k + 1) % 3])).copied());
        mesh.triangles = mesh
            .triangles
            .iter()
            .flat_map(|t| split_triangle(*t, halves(t), &mesh.positions))
            .collect();
        left = left.saturating_sub(mesh.triangles.len() - before);
        normals::smooth(mesh);
    }
    Ok(())
}

/// A field must answer every point.
fn edge(u: u32, v: u32) -> (u32, u32) {
    (u.min(v), u.max(v))
}

/// The edges to split, the most striking first, but in the order of the triangles.
fn crossed(mesh: &Mesh, border: &[bool], options: &DetailOptions, left: usize) -> Vec<(u32, u32)> {
    let bound = |v: usize| border.get(v).copied().unwrap_or(false);
    let mut found: Vec<(f32, (u32, u32))> = Vec::new();
    for t in &mesh.triangles {
        for (u, v) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
            if u > v {
                continue; // its other triangle counts it
            }
            let (a, b) = (u as usize, v as usize);
            if bound(a) && bound(b) {
                continue;
            }
            let long = mesh.positions[a].distance(mesh.positions[b]);
            let contrast = Vec3::from(mesh.colours[a]).distance(Vec3::from(mesh.colours[b]));
            if long > 1.5 * options.shortest && contrast > options.contrast {
                found.push((long * contrast, (u, v)));
            }
        }
    }
    // An edge's two triangles become four.
    if found.len() > left / 2 {
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(left / 2);
    }
    found.into_iter().map(|f| f.1).collect()
}

/// The middles of edges, moved along the normal onto the surface.
fn middles(mesh: &Mesh, field: &dyn Field, split: &[(u32, u32)]) -> anyhow::Result<Vec<Vec3>> {
    let ends = |&(u, v): &(u32, u32)| (mesh.positions[u as usize], mesh.positions[v as usize]);
    let points: Vec<Vec3> = split.iter().map(ends).map(|(a, b)| (a + b) / 2.0).collect();
    let distances = field.distance(&points)?;
    one_a_point("distances", distances.len(), points.len())?;
    let moved = points
        .iter()
        .zip(distances)
        .zip(split)
        .map(|((&p, d), &(u, v))| {
            // Less than would fold a triangle; nothing where another part's border is the surface.
            let most = 0.1 * ends(&(u, v)).0.distance(p);
            let normal = (mesh.normals[u as usize] + mesh.normals[v as usize]).normalize_or_zero();
            if d.abs() < most { p - normal * d } else { p }
        });
    Ok(moved.collect())
}

/// The triangles of `t` whose edges `k`, `k + 1` have a middle, or not.
fn split_triangle(t: [u32; 3], middle: [Option<u32>; 3], positions: &[Vec3]) -> Vec<[u32; 3]> {
    let turned = |k: usize| {
        (
            [0, 1, 2].map(|i| t[(k + i) % 3]),
            [0, 1, 2].map(|i| middle[(k + i) % 3]),
        )
    };
    match middle.map(|m| m.is_some()) {
        [false, false, false] => vec![t],
        [true, true, true] => {
            let [m, n, o] = middle.map(|m| m.unwrap_or_default());
            vec![[t[0], m, o], [m, t[1], n], [o, n, t[2]], [m, n, o]]
        }
        split => {
            let count = split.iter().filter(|s| **s).count();
            let k = (0..3)
                .find(|&k| split[k] && (count == 1 || split[(k + 1) % 3]))
                .unwrap_or(0);
            let ([a, b, c], [m, n, _]) = turned(k);
            let m = m.unwrap_or_default();
            let Some(n) = n.filter(|_| count == 2) else {
                return vec![[a, m, c], [m, b, c]];
            };
            let at = |v: u32| positions[v as usize];
            // The quad a, m, n, c by its shorter diagonal.
            if at(a).distance(at(n)) < at(m).distance(at(c)) {
                vec![[m, b, n], [a, m, n], [a, n, c]]
            } else {
                vec![[m, b, n], [a, m, c], [m, n, c]]
            }
        }
    }
}
