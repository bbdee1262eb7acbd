//! Triangles between points of a plane that keep given lines.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, ensure};
use glam::Vec2;
use spade::{ConstrainedDelaunayTriangulation, HasPosition, Point2, Triangulation};

/// A point of a triangulation.
struct Corner {
    at: Vec2,
    number: u32,
}

impl HasPosition for Corner {
    type Scalar = f64;

    fn position(&self) -> Point2<f64> {
        Point2::new(self.at.x.into(), self.at.y.into())
    }
}

/// How far a point is from a closed line.
pub(super) fn from_ring(ring: &[Vec2], p: Vec2) -> f32 {
    let edges = (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]));
    let distances = edges.map(|(a, b)| {
        let along = b - a;
        let t = (p - a).dot(along) / along.length_squared().max(f32::MIN_POSITIVE);
        p.distance(a + along * t.clamp(0.0, 1.0))
    });
    distances.fold(f32::INFINITY, f32::min)
}

/// The triangles between points that keep all lines of some rings, counter-clockwise; `points` begins with those of the rings.
pub(super) fn triangulated(points: &[Vec2], rings: &[Vec<u32>]) -> Result<Vec<[u32; 3]>> {
    let corners = (points.iter().zip(0..)).map(|(&at, number)| Corner { at, number });
    let edges = rings.iter().flat_map(|ring| {
        (0..ring.len()).map(|i| [ring[i] as usize, ring[(i + 1) % ring.len()] as usize])
    });
    let mut crossed = false;
    let made = ConstrainedDelaunayTriangulation::<Corner>::try_bulk_load_cdt(
        corners.collect(),
        edges.collect(),
        |_| crossed = true,
    )
    .context("the name's outlines are no numbers")?;
    ensure!(
        !crossed && made.num_vertices() == points.len(),
        "the name's outlines cross its plinth's edges; another --faces may help"
    );
    let faces = made.inner_faces();
    Ok(faces
        .map(|face| face.vertices().map(|v| v.data().number))
        .collect())
}

/// Whether each triangle lies inside of an odd number of rings. It is found from neighbour to neighbour, not by where the
/// triangle lies: between points on a straight line there are slivers that lie nowhere.
pub(super) fn inside(triangles: &[[u32; 3]], rings: &[Vec<u32>]) -> Vec<bool> {
    let key = |a: u32, b: u32| (a.min(b), a.max(b));
    let edges = |t: &[u32; 3]| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])].map(|(a, b)| key(a, b));
    let border: HashSet<(u32, u32)> = (rings.iter())
        .flat_map(|ring| (0..ring.len()).map(|i| key(ring[i], ring[(i + 1) % ring.len()])))
        .collect();
    let mut sharing: HashMap<(u32, u32), Vec<usize>> = HashMap::new();
    for (i, triangle) in triangles.iter().enumerate() {
        edges(triangle)
            .into_iter()
            .for_each(|edge| sharing.entry(edge).or_default().push(i));
    }
    // Those at the rim have the outside for a neighbour.
    let mut found: Vec<Option<bool>> = vec![None; triangles.len()];
    let rim = sharing.iter().filter(|(_, sharing)| sharing.len() == 1);
    let mut todo: Vec<(usize, bool)> = rim
        .map(|(edge, of)| (of[0], border.contains(edge)))
        .collect();
    while let Some((i, inside)) = todo.pop() {
        if found[i].replace(inside).is_some() {
            continue;
        }
        for edge in edges(&triangles[i]) {
            let others = sharing[&edge]
                .iter()
                .filter(|&&other| found[other].is_none());
            todo.extend(others.map(|&other| (other, inside != border.contains(&edge))));
        }
    }
    found
        .into_iter()
        .map(|inside| inside.unwrap_or(false))
        .collect()
}
