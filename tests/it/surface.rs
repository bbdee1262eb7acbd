//! Coarse to fine finds what a dense grid finds, at a fiftieth of its points or less.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use gen3d::geometry::Field;
use gen3d::surface::dual_contouring::extract;
use glam::{IVec3, Vec3};

use crate::support::shapes::{self, shape};

/// A field with the number of points that it was asked for.
trait Counted: Field {
    fn asked(&self) -> usize;
}

impl<F: Fn(Vec3) -> f32 + Sync> Counted for shapes::Shape<F> {
    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

fn shapes() -> Vec<(&'static str, Box<dyn Counted>)> {
    // Of the size of a figurine's parts, in the box of the whole.
    let ball = |p: Vec3| p.length() - 0.45;
    let torus = |p: Vec3| (p.x.hypot(p.y) - 0.4).hypot(p.z) - 0.15;
    // Two cells of 1/128 thick, and bent.
    let cape = |p: Vec3| {
        let sheet = ((p - Vec3::new(0.0, 0.0, -0.9)).length() - 1.0).abs() - 0.008;
        sheet.max((p.x.abs() - 0.35).max(p.y.abs() - 0.5))
    };
    let blade = |p: Vec3| {
        let turned = Vec3::new(0.8 * p.x + 0.6 * p.y, 0.8 * p.y - 0.6 * p.x, p.z).abs();
        (turned - Vec3::new(0.03, 0.8, 0.011)).max_element()
    };
    // Truncated, as networks are, and steeper than a distance.
    let logit = |p: Vec3| {
        let lumps = 0.05 * (9.0 * p.x).sin() * (7.0 * p.y).sin() * (8.0 * p.z).cos();
        (30.0 * (p.length() - 0.3 + lumps)).clamp(-3.0, 3.0)
    };
    vec![
        ("ball", Box::new(shape(0.95, ball))),
        ("torus", Box::new(shape(0.95, torus))),
        ("cape", Box::new(shape(0.95, cape))),
        ("blade", Box::new(shape(0.95, blade))),
        ("logit", Box::new(shape(0.95, logit))),
    ]
}

/// The cells that the surface passes, by all points of the lattice.
fn dense(field: &dyn Field, resolution: i32) -> BTreeSet<[i32; 3]> {
    let half = resolution / 2;
    let side = resolution + 1;
    let points: Vec<Vec3> = (0..side * side * side)
        .map(|i| IVec3::new(i % side, i / side % side, i / side / side) - half)
        .map(|at| at.as_vec3() * (2.0 / resolution as f32))
        .collect();
    let inside: Vec<bool> = (field.distance(&points).expect("an analytic field").iter())
        .map(|d| *d < 0.0)
        .collect();
    let at = |x: i32, y: i32, z: i32| inside[((z * side + y) * side + x) as usize];
    let cells = (0..resolution.pow(3)).map(|i| {
        let (x, y) = (i % resolution, i / resolution % resolution);
        [x, y, i / resolution / resolution]
    });
    let mixed = |&[x, y, z]: &[i32; 3]| {
        let corners = (0..8).map(|c| at(x + (c & 1), y + (c >> 1 & 1), z + (c >> 2)));
        let count = corners.filter(|&inside| inside).count();
        (1..8).contains(&count)
    };
    cells.filter(mixed).map(|c| c.map(|v| v - half)).collect()
}

#[test]
fn the_surface_is_that_of_the_dense_grid() {
    for (name, field) in shapes() {
        let mesh = extract(&*field, 128).unwrap_or_else(|e| panic!("{name}: {e}"));
        // Every vertex lies inside of the cell that it stands for.
        let found: BTreeSet<[i32; 3]> = (mesh.positions.iter())
            .map(|p| (*p * 64.0).floor().as_ivec3().to_array())
            .collect();
        let all = dense(&*field, 128);
        let (lost, made) = (
            all.difference(&found).count(),
            found.difference(&all).count(),
        );
        assert!(
            lost == 0 && made == 0,
            "{name}: of {} cells that the surface passes {lost} were lost, and {made} are not in the dense grid",
            all.len()
        );
    }
}

#[test]
fn a_fiftieth_of_the_dense_grid_is_enough() {
    for (name, field) in shapes() {
        for (resolution, most) in [(256, 0.02), (512, 0.01)] {
            field.asked();
            let mesh = extract(&*field, resolution).unwrap_or_else(|e| panic!("{name}: {e}"));
            let asked = field.asked();
            let share = asked as f64 / (resolution as f64).powi(3);
            eprintln!(
                "{name} at {resolution}: {asked} points, {:.2} % of the dense grid, {} vertices",
                100.0 * share,
                mesh.positions.len()
            );
            assert!(
                share <= most,
                "{name} at {resolution}: {asked} points are {share} of the dense grid"
            );
        }
    }
}
