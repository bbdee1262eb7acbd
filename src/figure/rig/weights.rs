//! Which bones each vertex follows, and how the parts' weights flow into one another where they are grown together.

use std::collections::{BTreeMap, HashMap, HashSet};

use smallvec::SmallVec;

use super::Influences;
use super::net::Net;
use crate::base::numeric::smoothstep;
use crate::geometry::Figurine;

/// Bones with their shares, which sum to 1.
pub(super) type Weights = SmallVec<[(u8, f32); 6]>;

/// Rounds in which weights around seams are evened out with those of their neighbours.
const ROUNDS: usize = 3;
/// A seam is felt on either side as far as it is wide, times this.
const FELT: f32 = 1.2;

/// All of one bone.
pub(super) fn all(bone: usize) -> Weights {
    Weights::from_slice(&[(bone as u8, 1.0)])
}

/// Adds a share of others.
pub(super) fn add(to: &mut Weights, other: &Weights, share: f32) {
    for &(bone, weight) in other {
        match to.iter_mut().find(|(b, _)| *b == bone) {
            Some((_, w)) => *w += weight * share,
            None => to.push((bone, weight * share)),
        }
    }
}

/// Gives a share of what follows one bone to another.
pub(super) fn hand_over(weights: &mut Weights, from: usize, to: usize, share: f32) {
    if let Some((_, weight)) = (weights.iter_mut()).find(|(bone, _)| *bone as usize == from)
        && share > 0.0
    {
        let given = *weight * share;
        *weight -= given;
        weights.push((to as u8, given));
    }
}

/// So that they sum to 1.
fn normalise(weights: &mut Weights) {
    let sum: f32 = weights.iter().map(|(_, w)| w).sum();
    weights
        .iter_mut()
        .for_each(|(_, w)| *w /= sum.max(f32::MIN_POSITIVE));
}

/// Where on the way along a row of bones one takes over from another, and over how much on either side of that.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub way: f32,
    pub half: f32,
}

/// Of bones in a row, with a cut between any two, which a place on the way along them follows.
pub(super) fn banded(bones: &[usize], cuts: &[Cut], way: f32) -> Weights {
    let (mut out, mut left) = (Weights::new(), 1.0);
    for (i, &bone) in bones.iter().enumerate() {
        let on = |cut: &Cut| smooth((way - cut.way) / cut.half.max(f32::MIN_POSITIVE));
        let on = cuts.get(i).map_or(0.0, on);
        let share: f32 = left - on;
        if share > 0.0 {
            out.push((bone as u8, share));
        }
        left = on.min(left);
    }
    out
}

/// From 0 at -1 to 1 at 1.
pub(super) fn smooth(t: f32) -> f32 {
    smoothstep((t.clamp(-1.0, 1.0) + 1.0) / 2.0)
}

/// Where a part is grown together with the one that it hangs on.
pub(super) struct Seam {
    pub child: usize,
    pub parent: usize,
    /// The vertices of either.
    pub of_child: Vec<u32>,
    pub of_parent: Vec<u32>,
}

impl Seam {
    /// Of the vertices that two parts share, all or only those of the child that are `wanted`.
    pub(super) fn between(
        child: usize,
        parent: usize,
        points: &[Vec<u32>],
        wanted: Option<&HashSet<u32>>,
    ) -> Self {
        let there: HashSet<u32> = points[parent].iter().copied().collect();
        let of_child: Vec<u32> = (0..points[child].len() as u32)
            .filter(|&v| there.contains(&points[child][v as usize]))
            .filter(|v| wanted.is_none_or(|wanted| wanted.contains(v)))
            .collect();
        let here: HashSet<u32> = of_child
            .iter()
            .map(|&v| points[child][v as usize])
            .collect();
        let of_parent = (0..points[parent].len() as u32)
            .filter(|&v| here.contains(&points[parent][v as usize]))
            .collect();
        Self {
            child,
            parent,
            of_child,
            of_parent,
        }
    }

    /// Leaves out the vertices that are strays, by part.
    pub(super) fn leave_out(&mut self, points: &[Vec<u32>], strays: &[HashSet<u32>]) {
        let (child, parent) = (self.child, self.parent);
        self.of_child.retain(|v| !strays[child].contains(v));
        let left = self.of_child.iter();
        let left: HashSet<u32> = left.map(|&v| points[child][v as usize]).collect();
        self.of_parent
            .retain(|v| left.contains(&points[parent][*v as usize]) && !strays[parent].contains(v));
    }

    /// How wide it is: the mean way from its middle.
    fn width(&self, figurine: &Figurine) -> f32 {
        let positions = &figurine.parts[self.child].mesh.positions;
        let at = || self.of_child.iter().map(|&v| positions[v as usize]);
        let count = self.of_child.len().max(1) as f32;
        let middle = at().sum::<glam::Vec3>() / count;
        at().map(|p| p.distance(middle)).sum::<f32>() / count
    }
}

/// The weights of all vertices, by part: their `own` ones away from the seams; at a seam half of either side's, the
/// same in both parts, so that nothing tears.
pub(super) fn sewn(
    figurine: &Figurine,
    points: &[Vec<u32>],
    own: Vec<Vec<Weights>>,
    seams: &[Seam],
) -> Vec<Vec<Influences>> {
    let nets: Vec<Net<'_>> = figurine
        .parts
        .iter()
        .map(|part| Net::of(&part.mesh))
        .collect();
    let mut out = own.clone();
    let mut shares: Vec<Vec<f32>> = own.iter().map(|part| vec![0.0; part.len()]).collect();
    for seam in seams.iter().filter(|seam| !seam.of_child.is_empty()) {
        let felt = FELT * seam.width(figurine);
        let sides = [
            (seam.child, &seam.of_child, seam.parent, &seam.of_parent),
            (seam.parent, &seam.of_parent, seam.child, &seam.of_child),
        ];
        for (here, mine, there, theirs) in sides {
            let other: HashMap<u32, u32> = (theirs.iter())
                .map(|&v| (points[there][v as usize], v))
                .collect();
            let reach = nets[here].reach(mine.iter().copied(), felt);
            for (v, (&far, &from)) in reach.far.iter().zip(&reach.from).enumerate() {
                let twin = (far <= felt)
                    .then(|| other.get(&points[here][from as usize]))
                    .flatten();
                let Some(&twin) = twin else { continue };
                let share = 0.5 * (1.0 - smooth(2.0 * far / felt.max(f32::MIN_POSITIVE) - 1.0));
                let mut mixed = Weights::new();
                add(&mut mixed, &out[here][v], 1.0 - share);
                add(&mut mixed, &own[there][twin as usize], share);
                out[here][v] = mixed;
                shares[here][v] += share;
            }
        }
    }
    let groups = groups(points, seams);
    weld(&mut out, &groups);
    for _ in 0..ROUNDS {
        even(&mut out, &shares, &nets);
        weld(&mut out, &groups);
    }
    let finish = |part: Vec<Weights>| part.into_iter().map(influences).collect();
    out.into_iter().map(finish).collect()
}

/// The vertices, by part and number, that are one where parts are grown together.
fn groups(points: &[Vec<u32>], seams: &[Seam]) -> Vec<Vec<(usize, u32)>> {
    let mut groups: BTreeMap<u32, Vec<(usize, u32)>> = BTreeMap::new();
    for seam in seams {
        for (part, vertices) in [(seam.child, &seam.of_child), (seam.parent, &seam.of_parent)] {
            for &v in vertices {
                let group = groups.entry(points[part][v as usize]).or_default();
                if !group.contains(&(part, v)) {
                    group.push((part, v));
                }
            }
        }
    }
    groups.into_values().collect()
}

/// Gives the vertices of each group the mean of their weights.
fn weld(weights: &mut [Vec<Weights>], groups: &[Vec<(usize, u32)>]) {
    for group in groups {
        let mut mean = Weights::new();
        for &(part, v) in group {
            add(
                &mut mean,
                &weights[part][v as usize],
                1.0 / group.len() as f32,
            );
        }
        for &(part, v) in group {
            weights[part][v as usize] = mean.clone();
        }
    }
}

/// Draws the weights that a seam has touched towards those around them.
fn even(weights: &mut [Vec<Weights>], touched: &[Vec<f32>], nets: &[Net<'_>]) {
    for ((part, touched), net) in weights.iter_mut().zip(touched).zip(nets) {
        let before = part.clone();
        for (v, _) in touched
            .iter()
            .enumerate()
            .filter(|(_, share)| **share > 0.0)
        {
            let around = net.around(v as u32);
            let mut mixed = Weights::new();
            add(&mut mixed, &before[v], 0.5);
            for &w in around {
                add(&mut mixed, &before[w as usize], 0.5 / around.len() as f32);
            }
            part[v] = mixed;
        }
    }
}

/// The four largest shares.
fn influences(mut weights: Weights) -> Influences {
    weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    weights.truncate(4);
    normalise(&mut weights);
    let mut out = Influences {
        bones: [0; 4],
        shares: [0.0; 4],
    };
    for (i, (bone, share)) in weights.into_iter().enumerate() {
        (out.bones[i], out.shares[i]) = (bone, share);
    }
    out
}
