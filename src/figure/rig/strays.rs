//! Pieces that were taken for another part than they belong to, such as the rim of a shield for a piece of the base
//! below it: they go with what they are grown to.

use std::collections::{HashMap, HashSet};

use super::net::Net;
use super::weights::Weights;
use crate::figure::joints::Joint;
use crate::geometry::{Figurine, Mesh, Part};
use crate::slots::Slot;

/// A piece of the legs with more than this share of their vertices is a leg, and no stray: there are two, or four.
const LEG: f32 = 0.15;

/// Gives each piece but the largest of a part, and but for each leg, the weights of the part that it shares most points with, unless that is
/// the one that its part hangs on, or one that hangs on its part. The vertices of such pieces, by part: they are sewn to
/// nothing else.
pub(super) fn settle(
    figurine: &Figurine,
    points: &[Vec<u32>],
    joints: &[Joint],
    own: &mut [Vec<Weights>],
) -> Vec<HashSet<u32>> {
    let mut strays = vec![HashSet::new(); figurine.parts.len()];
    let before = own.to_vec();
    let mut owners: HashMap<u32, Vec<(usize, u32)>> = HashMap::new();
    for (part, points) in points.iter().enumerate() {
        for (v, &point) in points.iter().enumerate() {
            owners.entry(point).or_default().push((part, v as u32));
        }
    }
    for (part, Part { name, mesh, .. }) in figurine.parts.iter().enumerate() {
        let pieces = pieces(mesh);
        if pieces.len() < 2 {
            continue;
        }
        let net = Net::of(mesh);
        let leg = LEG * mesh.positions.len() as f32;
        let is_leg = |piece: &Vec<u32>| Slot::Legs.is(name) && piece.len() as f32 > leg;
        for piece in pieces[1..].iter().filter(|piece| !is_leg(piece)) {
            let others = |v: u32| {
                let there = owners[&points[part][v as usize]].iter().copied();
                there.filter(|&(other, _)| other != part && joints[other].on != Some(part))
            };
            let mut shared = vec![0; figurine.parts.len()];
            for (other, _) in piece.iter().flat_map(|&v| others(v)) {
                shared[other] += 1;
            }
            let host = (0..shared.len()).max_by_key(|&other| (shared[other], usize::MAX - other));
            let Some(host) = host.filter(|&host| shared[host] > 0 && joints[part].on != Some(host))
            else {
                continue;
            };
            let twin = |v: u32| {
                others(v)
                    .find(|&(other, _)| other == host)
                    .map(|(_, twin)| twin)
            };
            let seeds: Vec<u32> = piece
                .iter()
                .copied()
                .filter(|&v| twin(v).is_some())
                .collect();
            let reach = net.reach(seeds, f32::INFINITY);
            strays[part].extend(piece);
            for &v in piece {
                if let Some(twin) = twin(reach.from[v as usize]) {
                    own[part][v as usize] = before[host][twin as usize].clone();
                }
            }
        }
    }
    strays
}

/// The vertices that hang together, the largest piece first.
fn pieces(mesh: &Mesh) -> Vec<Vec<u32>> {
    let mut sets = mesh.connected();
    let mut pieces: HashMap<usize, Vec<u32>> = HashMap::new();
    for v in 0..mesh.positions.len() {
        pieces.entry(sets.of(v)).or_default().push(v as u32);
    }
    let mut pieces: Vec<Vec<u32>> = pieces.into_values().collect();
    pieces.sort_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
    pieces
}
