//! Limbs: where they bend, told by the middles of the rings around them.

use glam::Vec3;

use super::net::{Net, middles, thickness};
use super::weights::smooth;
use crate::geometry::Mesh;

/// Rings that a limb's middle line is made of.
const RINGS: usize = 24;
/// What of an arm is hand, and what of a leg, up to the hip, is foot: a person's are 0.24 and 0.1, a toy's larger.
const HAND: f32 = 0.24;
const FOOT: f32 = 0.14;
/// A limb is bent where it is the farthest from a straight line, if by this share of its length; else its joint is
/// in its middle.
const BENT: f32 = 0.06;
/// Where an elbow or a knee can be, between the limb's root and its wrist or ankle.
const BENDS: (f32, f32) = (0.35, 0.65);
/// How far from the topmost point that an arm shares with the torso they are grown together, in half thicknesses of
/// the arm: below that an arm only lies against the body.
const SHOULDER: f32 = 2.5;
/// Legs reach up by themselves for so much of the height of all that is legs.
const LEG: f32 = 0.2;
/// What of the legs' height is sole.
const SOLE: f32 = 0.05;
/// A foot has toes if it reaches so many half thicknesses of the leg ahead of its ankle; they begin at this share of
/// that way, which of a person's is about 0.6, and bend over this share of their length on either side.
const TOED: f32 = 1.0;
const BALL: f32 = 0.6;
const TOES_SOFT: f32 = 0.6;

/// A limb, from where it is joined to its tip.
pub(super) struct Limb {
    /// Where each of its bones begins, and where the last ends.
    pub places: Vec<Vec3>,
    /// How far each vertex lies along it, and where each bone but the last ends on that way.
    pub along: Vec<f32>,
    pub cuts: Vec<f32>,
    /// Half its thickness.
    pub thick: f32,
    /// Of the vertices that it shares with what it hangs on, those at which it does.
    pub root: Vec<u32>,
}

/// The middle line of a limb: ways along it, and where that is.
pub(super) struct Line(Vec<(f32, Vec3)>);

impl Line {
    /// Through the middles of rings, up to a way of `length`.
    pub(super) fn of(mesh: &Mesh, along: &[f32], length: f32, mine: impl Fn(u32) -> bool) -> Self {
        let level = |i| (i as f32 + 0.5) / RINGS as f32 * length;
        let levels: Vec<f32> = (0..RINGS).map(level).collect();
        Self(middles(mesh, along, &levels, mine))
    }

    pub(super) fn at(&self, way: f32) -> Option<Vec3> {
        let after = self.0.partition_point(|(w, _)| *w < way);
        let (&last, before) = (self.0.get(after).or(self.0.last())?, after.checked_sub(1));
        let &(from, p) = before.and_then(|i| self.0.get(i)).unwrap_or(&last);
        let share = (way - from) / (last.0 - from).max(f32::MIN_POSITIVE);
        Some(p.lerp(last.1, share.clamp(0.0, 1.0)))
    }

    /// Where it bends between two ways.
    fn bend(&self, from: f32, to: f32) -> f32 {
        let (Some(a), Some(b)) = (self.at(from), self.at(to)) else {
            return (from + to) / 2.0;
        };
        let (chord, straight) = ((b - a).normalize_or_zero(), a.distance(b));
        let off = |p: Vec3| (p - a).reject_from(chord).length();
        let inside = |way: f32| {
            let share = (way - from) / (to - from);
            (BENDS.0..=BENDS.1).contains(&share)
        };
        let chord_is_zero = chord == Vec3::ZERO;
        let bends = self.0.iter().filter(|(way, _)| inside(*way));
        let most = bends.max_by(|x, y| off(x.1).total_cmp(&off(y.1)));
        match most {
            Some(&(way, p)) if !chord_is_zero && off(p) > BENT * straight => way,
            _ => (from + to) / 2.0,
        }
    }
}

/// An arm, which shares the vertices `seam` with the torso, or is the nearest to it at `near`.
pub(super) fn arm(mesh: &Mesh, seam: &[u32], near: Vec3) -> Limb {
    let limb = hanging(mesh, seam, near);
    let (length, line) = limb.line(mesh);
    let wrist = (1.0 - HAND) * length;
    let elbow = line.bend(0.0, wrist);
    limb.with(&line, &[elbow, wrist])
}

/// What hangs down or out in one piece, such as a cape or a tail, with `bones` bones of the same length.
pub(super) fn hanging_chain(mesh: &Mesh, seam: &[u32], near: Vec3, bones: usize) -> Limb {
    let limb = hanging(mesh, seam, near);
    let (length, line) = limb.line(mesh);
    let cuts: Vec<f32> = (1..bones)
        .map(|i| length * i as f32 / bones as f32)
        .collect();
    limb.with(&line, &cuts)
}

/// A limb with a root and a tip alone.
fn hanging(mesh: &Mesh, seam: &[u32], near: Vec3) -> Limb {
    let at = |v: u32| mesh.positions[v as usize];
    let thick = thickness(mesh);
    let highest = seam
        .iter()
        .copied()
        .max_by(|&v, &w| at(v).y.total_cmp(&at(w).y));
    let root: Vec<u32> = match highest {
        Some(top) => (seam.iter().copied())
            .filter(|&v| at(v).distance(at(top)) < SHOULDER * thick)
            .collect(),
        None => (0..mesh.positions.len() as u32)
            .min_by(|&v, &w| {
                at(v)
                    .distance_squared(near)
                    .total_cmp(&at(w).distance_squared(near))
            })
            .into_iter()
            .collect(),
    };
    let mut along = Net::of(mesh).reach(root.iter().copied(), f32::INFINITY).far;
    let far = |v: &u32| Some(along[*v as usize]).filter(|far| far.is_finite());
    let tip = (0..mesh.positions.len() as u32)
        .max_by(|v, w| far(v).unwrap_or(-1.0).total_cmp(&far(w).unwrap_or(-1.0)));
    let begin = root.iter().map(|&v| at(v)).sum::<Vec3>() / root.len().max(1) as f32;
    let tip = tip.map_or(begin, at);
    // Loose pieces lie as far along as they are away.
    for (way, p) in along.iter_mut().zip(&mesh.positions) {
        if !way.is_finite() {
            *way = p.distance(begin);
        }
    }
    Limb {
        places: vec![begin, tip],
        along,
        cuts: Vec::new(),
        thick,
        root,
    }
}

impl Limb {
    fn line(&self, mesh: &Mesh) -> (f32, Line) {
        let length = self.along.iter().copied().fold(0.0, f32::max);
        (length, Line::of(mesh, &self.along, length, |_| true))
    }

    /// With joints on its middle line.
    fn with(mut self, line: &Line, cuts: &[f32]) -> Self {
        let joints: Vec<Vec3> = cuts.iter().filter_map(|&way| line.at(way)).collect();
        self.places.splice(1..1, joints);
        self.cuts = cuts.to_vec();
        self
    }
}

/// One leg of all that is legs.
pub(super) struct Leg {
    /// From the hip over knee and ankle to the toes.
    pub places: [Vec3; 4],
    /// How far each vertex is from its sole, along the surface.
    pub up: Vec<f32>,
    /// Where ankle, knee and hip are on that way.
    pub cuts: [f32; 3],
    pub toes: Option<Toes>,
}

/// What of a foot bends when its heel is lifted.
pub(super) struct Toes {
    /// Where they begin, as high as their tip.
    pub ball: Vec3,
    /// To where they point, along the ground.
    ahead: Vec3,
    /// Over how much on either side of the ball the foot gives way to them.
    half: f32,
}

impl Toes {
    /// Of a foot that reaches ahead from its ankle.
    fn of(ankle: Vec3, tip: Vec3, thick: f32) -> Option<Self> {
        let way = (tip - ankle).with_y(0.0);
        let length = way.length();
        (length > TOED * thick).then(|| Self {
            ball: ankle.lerp(tip, BALL).with_y(tip.y),
            ahead: way / length,
            half: TOES_SOFT * (1.0 - BALL) * length,
        })
    }

    /// How far a point of the foot follows them, `0..=1`.
    pub(super) fn share(&self, p: Vec3) -> f32 {
        smooth((p - self.ball).dot(self.ahead) / self.half)
    }
}

/// The legs of a part, and half the thickness of one: of an animal up to four, else two. Where they are grown together
/// to their soles, as under a robe, each is one half. `hip` tells the height of the hips from that of the crotch.
pub(super) fn legs(mesh: &Mesh, animal: bool, hip: impl Fn(Option<f32>) -> f32) -> (Vec<Leg>, f32) {
    let net = Net::of(mesh);
    let (low, high) = crate::geometry::extent(mesh.positions.iter().copied());
    let tall = high.y - low.y;
    let mut feet = net.feet(LEG * tall);
    feet.truncate(if animal && feet.len() > 2 { 4 } else { 2 });
    let thick = thickness(mesh);
    let at = |v: u32| mesh.positions[v as usize];
    let all = 0..mesh.positions.len() as u32;
    let near_sole = |v: &u32, ground: f32| at(*v).y < ground + SOLE * tall;
    let soles: Vec<Vec<u32>> = match &feet[..] {
        [] | [_] => {
            let middle = (low.x + high.x) / 2.0;
            let half = |side: f32| {
                let mine = |v: &u32| near_sole(v, low.y) && (at(*v).x - middle) * side > 0.0;
                all.clone().filter(mine).collect()
            };
            [1.0, -1.0].map(half).into()
        }
        feet => {
            let first: Vec<Vec<f32>> = (feet.iter())
                .map(|(foot, _)| net.reach([*foot], f32::INFINITY).far)
                .collect();
            let sole = |k: usize| {
                let ground = at(feet[k].0).y;
                let mine = |v: &u32| near_sole(v, ground) && nearest(&first, *v) == Some(k);
                all.clone().filter(mine).collect()
            };
            (0..feet.len()).map(sole).collect()
        }
    };
    let ups: Vec<Vec<f32>> = (soles.iter())
        .map(|sole| net.reach(sole.iter().copied(), f32::INFINITY).far)
        .collect();
    let joined = || feet.iter().filter_map(|(_, joins)| *joins);
    let leg = |k: usize| {
        // The lowest foot grows together with the others where they do with it.
        let crotch = feet
            .get(k)
            .filter(|_| feet.len() > 1)
            .and_then(|foot| foot.1.or_else(|| joined().reduce(f32::min)));
        let hip = hip(crotch);
        let mut leg = Leg::of(mesh, &ups, k, hip, tall);
        // Under a robe there are no feet to be seen.
        let [.., ankle, tip] = leg.places;
        leg.toes = Toes::of(ankle, tip, thick).filter(|_| feet.len() > 1);
        leg
    };
    ((0..ups.len()).map(leg).collect(), thick)
}

/// Which of several ways to a vertex is the shortest.
fn nearest(ways: &[Vec<f32>], v: u32) -> Option<usize> {
    let way = |k: usize| ways[k][v as usize];
    let least = (0..ways.len()).min_by(|&a, &b| way(a).total_cmp(&way(b)));
    least.filter(|&k| way(k).is_finite())
}

impl Leg {
    fn of(mesh: &Mesh, ups: &[Vec<f32>], k: usize, hip: f32, tall: f32) -> Self {
        let up = ups[k].clone();
        let mine = |v: u32| nearest(ups, v) == Some(k);
        let own = || (0..up.len() as u32).filter(|&v| mine(v));
        let length = own().map(|v| up[v as usize]).fold(0.0, f32::max);
        let line = Line::of(mesh, &up, length, mine);
        let top = line.0.iter().find(|(_, p)| p.y >= hip).or(line.0.last());
        let (to_hip, top) = top.copied().unwrap_or((length, Vec3::Y * hip));
        let ankle = FOOT * to_hip;
        let knee = line.bend(ankle, to_hip);
        let [knee_at, ankle_at] = [knee, ankle].map(|way| line.at(way).unwrap_or(top));
        let ground = own()
            .map(|v| mesh.positions[v as usize].y)
            .fold(f32::MAX, f32::min);
        let in_foot = |v: &u32| mesh.positions[*v as usize].y < ground + 2.0 * SOLE * tall;
        let toes = own().filter(in_foot).map(|v| mesh.positions[v as usize]);
        let toes = toes
            .max_by(|p, q| p.z.total_cmp(&q.z))
            .unwrap_or(ankle_at.with_y(ground));
        Self {
            places: [top.with_y(hip), knee_at, ankle_at, toes],
            up,
            cuts: [ankle, knee, to_hip],
            toes: None,
        }
    }
}
