//! Does it stand? What touches the plate, and where the centre of mass is above it.

use glam::{DVec2, DVec3, Vec3};
use serde::Serialize;

/// What is not higher is on the plate, millimetres: the middle of a usual first layer.
pub(crate) const PLATE: f32 = 0.1;

/// How a body stands.
#[derive(Clone, Debug, Serialize)]
pub struct Stance {
    /// What of the plate the first layer covers.
    pub contact_mm2: f64,
    /// How far the centre of mass is within what the first layer spans; below 0 it is beside it.
    pub margin_mm: f64,
    /// How far it can be tilted before it falls, degrees; below 0 it falls by itself.
    pub tips_at_degrees: f64,
    /// Whether it stands by itself.
    pub stands: bool,
}

/// How much there is of a body, and where.
pub(crate) struct Mass {
    /// Cubic millimetres.
    pub volume: f64,
    pub middle: DVec3,
}

/// Of a closed body.
pub(crate) fn mass(triangles: &[[Vec3; 3]]) -> Mass {
    let origin = triangles.first().map_or(DVec3::ZERO, |t| t[0].as_dvec3());
    let (mut volume, mut sum) = (0.0, DVec3::ZERO);
    for t in triangles {
        let [a, b, c] = t.map(|p| p.as_dvec3() - origin);
        let six = a.dot(b.cross(c));
        volume += six / 6.0;
        sum += (a + b + c) * (six / 24.0);
    }
    let middle = origin
        + if volume > 0.0 {
            sum / volume
        } else {
            DVec3::ZERO
        };
    Mass { volume, middle }
}

impl Stance {
    /// Of a body that reaches the plate, which is at `floor`; millimetres, +Z up.
    pub(crate) fn of(triangles: &[[Vec3; 3]], mass: &Mass, floor: f32) -> Self {
        let high = triangles
            .iter()
            .flatten()
            .fold(floor, |high, p| high.max(p.z));
        let layer = section(triangles, floor + PLATE.min((high - floor) / 4.0));
        Self::on(&layer, mass.middle, floor)
    }

    /// Of a body whose first layer has this outline (see [`section`]), and whose centre of mass is there.
    pub(crate) fn on(layer: &[[DVec2; 2]], middle: DVec3, floor: f32) -> Self {
        let area: f64 = layer.iter().map(|[a, b]| a.perp_dot(*b) / 2.0).sum();
        let hull = hull(layer.iter().flatten().copied().collect());
        let margin_mm = margin(middle.truncate(), &hull);
        let lift = (middle.z - f64::from(floor)).max(f64::MIN_POSITIVE);
        Self {
            contact_mm2: area.max(0.0),
            margin_mm,
            tips_at_degrees: margin_mm.atan2(lift).to_degrees(),
            stands: margin_mm > 0.0,
        }
    }
}

/// Where a level plane cuts the triangles: lines that have the inside on their left.
pub(crate) fn section(triangles: &[[Vec3; 3]], at: f32) -> Vec<[DVec2; 2]> {
    let mut lines = Vec::new();
    for t in triangles {
        let above = t.map(|p| p.z > at);
        // The corner that is alone on its side.
        let Some(alone) =
            (0..3).find(|&k| above[k] != above[(k + 1) % 3] && above[k] != above[(k + 2) % 3])
        else {
            continue;
        };
        let cut = |other: usize| {
            let (p, q) = (t[alone].as_dvec3(), t[(alone + other) % 3].as_dvec3());
            p.lerp(q, (f64::from(at) - p.z) / (q.z - p.z)).truncate()
        };
        lines.push(if above[alone] {
            [cut(1), cut(2)]
        } else {
            [cut(2), cut(1)]
        });
    }
    lines
}

/// The convex polygon around points, against the clock (Andrew's monotone chain).
pub(crate) fn hull(mut points: Vec<DVec2>) -> Vec<DVec2> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let half = |points: &mut dyn Iterator<Item = DVec2>| {
        let mut chain: Vec<DVec2> = Vec::new();
        for p in points {
            while let [.., a, b] = chain[..] {
                if (b - a).perp_dot(p - a) > 0.0 {
                    break;
                }
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut around = half(&mut points.iter().copied());
    around.extend(half(&mut points.iter().rev().copied()));
    around
}

/// How far a point is within a convex polygon; below 0, how far it is beside it.
fn margin(point: DVec2, hull: &[DVec2]) -> f64 {
    match (beside(point, hull), nearest(point, hull)) {
        (Some(off), _) => -off.length(),
        (None, Some(edge)) => point.distance(edge),
        (None, None) => 0.0,
    }
}

/// The way from a convex polygon to a point beside it; nothing for one that is within, or where there is no polygon.
pub(crate) fn beside(point: DVec2, hull: &[DVec2]) -> Option<DVec2> {
    let depth = |[a, b]: [DVec2; 2]| (b - a).normalize_or_zero().perp_dot(point - a);
    let inside = hull.len() > 2 && sides(hull).all(|side| depth(side) > 0.0);
    let edge = nearest(point, hull).filter(|_| !inside)?;
    Some(point - edge)
}

/// The point of a polygon's edges that is nearest to another.
fn nearest(point: DVec2, hull: &[DVec2]) -> Option<DVec2> {
    let on = |[a, b]: [DVec2; 2]| {
        let along = b - a;
        let t = (point - a).dot(along) / along.length_squared().max(f64::MIN_POSITIVE);
        a + along * t.clamp(0.0, 1.0)
    };
    let far = |p: &DVec2| p.distance_squared(point);
    (sides(hull).map(on)).min_by(|a, b| far(a).total_cmp(&far(b)))
}

fn sides(hull: &[DVec2]) -> impl Iterator<Item = [DVec2; 2]> {
    (0..hull.len()).map(|i| [hull[i], hull[(i + 1) % hull.len()]])
}
