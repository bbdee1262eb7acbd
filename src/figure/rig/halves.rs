//! Legs in one piece become two: a leg of each side, closed by a wall that both share.

use anyhow::{Context, Result, bail, ensure};
use foldhash::HashMap;
use glam::{Vec2, Vec3};

use super::limb::legs;
use super::{Influences, Rig};
use crate::geometry::{Figurine, Mesh, Part, normals};
use crate::slots::Slot;

/// Rounds in which triangles go over to the side that most around them are on, so that the border has no islands.
const ROUNDS: usize = 16;

/// Puts `leg_left` and `leg_right` in the place of `legs`, with their bones where there is a rig of this figurine.
///
/// # Errors
/// There are no legs, or more than two, or they cannot be parted by one clean cut; all is as it was then.
pub fn halve_legs(figurine: &mut Figurine, rig: Option<&mut Rig>) -> Result<()> {
    let part = figurine
        .parts
        .iter()
        .position(|part| Slot::Legs.is(&part.name));
    let part = part.context("it has no legs")?;
    let mesh = &figurine.parts[part].mesh;
    let left = sides(mesh)?;
    let walls = walls(mesh, &left)?;
    let corners = figurine
        .texture
        .as_ref()
        .map(|texture| &texture.corners[part][..]);
    let skin = rig.as_ref().map(|rig| &rig.skins[part][..]);
    let halves = [("leg_left", true), ("leg_right", false)].map(|(name, side)| {
        let half = Half::of(mesh, &left, side, &walls, corners, skin);
        (name, half)
    });
    if let Some(texture) = &mut figurine.texture {
        let corners = halves.each_ref().map(|(_, half)| half.corners.clone());
        texture.corners.splice(part..=part, corners);
    }
    if let Some(rig) = rig {
        let skins = halves.each_ref().map(|(_, half)| half.skin.clone());
        rig.skins.splice(part..=part, skins);
    }
    let parts = halves.map(|(name, half)| Part {
        name: name.into(),
        mesh: half.mesh,
    });
    figurine.parts.splice(part..=part, parts);
    Ok(())
}

/// Whether each triangle is the left leg's.
fn sides(mesh: &Mesh) -> Result<Vec<bool>> {
    let (legs, _) = legs(mesh, true, |crotch| crotch.unwrap_or(f32::MAX));
    let [one, other] = &legs[..] else {
        bail!("it has {} legs", legs.len());
    };
    let (left, right) = match one.places[2].x > other.places[2].x {
        true => (one, other),
        false => (other, one),
    };
    let far = |up: &[f32], t: &[u32; 3]| t.iter().map(|&v| up[v as usize]).sum::<f32>();
    let mut sides: Vec<bool> = (mesh.triangles.iter())
        .map(|t| far(&left.up, t) <= far(&right.up, t))
        .collect();
    let beside = beside(mesh);
    for _ in 0..ROUNDS {
        let before = sides.clone();
        for (t, side) in sides.iter_mut().enumerate() {
            let others = edges(mesh, t)
                .into_iter()
                .filter_map(|(a, b)| beside.get(&(b, a)));
            if others
                .filter(|&&other| before[other as usize] != before[t])
                .count()
                >= 2
            {
                *side = !before[t];
            }
        }
        if sides == before {
            break;
        }
    }
    ensure!(
        sides.contains(&true) && sides.contains(&false),
        "all of them is one leg"
    );
    Ok(sides)
}

fn edges(mesh: &Mesh, t: usize) -> [(u32, u32); 3] {
    let [a, b, c] = mesh.triangles[t];
    [(a, b), (b, c), (c, a)]
}

/// The triangle of each edge, in its own direction.
fn beside(mesh: &Mesh) -> HashMap<(u32, u32), u32> {
    let of = |t| edges(mesh, t).map(|edge| (edge, t as u32));
    (0..mesh.triangles.len()).flat_map(of).collect()
}

/// The loops of vertices where the sides meet, as the left leg's triangles have them.
fn walls(mesh: &Mesh, left: &[bool]) -> Result<Vec<Vec<u32>>> {
    let beside = beside(mesh);
    let mut next: Vec<Option<u32>> = vec![None; mesh.positions.len()];
    let mut starts = Vec::new();
    for t in (0..left.len()).filter(|&t| left[t]) {
        for (a, b) in edges(mesh, t) {
            if beside
                .get(&(b, a))
                .is_some_and(|&other| !left[other as usize])
            {
                ensure!(
                    next[a as usize].replace(b).is_none(),
                    "they are grown together in a way that no clean cut parts"
                );
                starts.push(a);
            }
        }
    }
    let mut loops = Vec::new();
    for start in starts {
        let (mut round, mut at) = (Vec::new(), start);
        while let Some(after) = next[at as usize].take() {
            round.push(at);
            at = after;
        }
        if !round.is_empty() {
            loops.push(round);
        }
    }
    Ok(loops)
}

/// What one leg has of the mesh.
#[derive(Default)]
struct Half {
    mesh: Mesh,
    corners: Vec<[Vec2; 3]>,
    skin: Vec<Influences>,
}

impl Half {
    fn of(
        mesh: &Mesh,
        left: &[bool],
        side: bool,
        walls: &[Vec<u32>],
        corners: Option<&[[Vec2; 3]]>,
        skin: Option<&[Influences]>,
    ) -> Self {
        let mut half = Self::default();
        let mut place = vec![u32::MAX; mesh.positions.len()];
        // A vertex lies in the texture where a triangle of its side has it.
        let mut spots = vec![Vec2::ZERO; mesh.positions.len()];
        for (t, triangle) in mesh
            .triangles
            .iter()
            .enumerate()
            .filter(|(t, _)| left[*t] == side)
        {
            for (k, &v) in triangle.iter().enumerate() {
                if place[v as usize] == u32::MAX {
                    place[v as usize] = half.mesh.positions.len() as u32;
                    half.push(
                        mesh.positions[v as usize],
                        mesh.colours[v as usize],
                        skin.map(|skin| skin[v as usize]),
                    );
                }
                spots[v as usize] = corners.map_or(Vec2::ZERO, |corners| corners[t][k]);
            }
            half.mesh
                .triangles
                .push(triangle.map(|v| place[v as usize]));
            half.corners.extend(corners.map(|corners| corners[t]));
        }
        for wall in walls {
            let count = wall.len() as f32;
            let mean = |of: &[[f32; 3]]| {
                wall.iter()
                    .map(|&v| Vec3::from(of[v as usize]))
                    .sum::<Vec3>()
                    / count
            };
            let middle = wall
                .iter()
                .map(|&v| mesh.positions[v as usize])
                .sum::<Vec3>()
                / count;
            let centre = half.mesh.positions.len() as u32;
            half.push(
                middle,
                mean(&mesh.colours).to_array(),
                skin.map(|skin| skin[wall[0] as usize]),
            );
            for (i, &a) in wall.iter().enumerate() {
                let b = wall[(i + 1) % wall.len()];
                let (a, b) = if side { (b, a) } else { (a, b) };
                half.mesh
                    .triangles
                    .push([place[a as usize], place[b as usize], centre]);
                half.corners.extend(
                    corners.map(|_| [spots[a as usize], spots[b as usize], spots[a as usize]]),
                );
            }
        }
        normals::smooth(&mut half.mesh);
        half
    }

    fn push(&mut self, position: Vec3, colour: [f32; 3], skin: Option<Influences>) {
        self.mesh.positions.push(position);
        self.mesh.colours.push(colour);
        self.skin.extend(skin);
    }
}
