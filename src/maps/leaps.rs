//! Where a part leaps in depth from one pixel to the next: of an animal's legs one is seen behind another, and the
//! network, wrong by the least in the mean, tells of depths between the two where they meet in the picture.

use super::plane::{Plane, around};

/// A leg that leads away from the camera is not steeper than this: 10 degrees off the ray.
const STEEP: f32 = 6.0;
/// Nor is it thinner than this across its sheet, half thickness in halves of the frame.
const THIN: f32 = 0.05;

/// Gives pixels between two depths those of the nearest that is not between.
pub(super) fn parted(middle: &mut Plane, half: &mut Plane) {
    let n = middle.side();
    let slope = middle.slope();
    let mut known: Vec<bool> = (slope.values().iter().zip(half.values()))
        .map(|(&slope, &half)| slope <= STEEP || half >= THIN * slope.hypot(1.0))
        .collect();
    let is_edge = |&i: &usize| known[i] && around(i, n).any(|j| !known[j]);
    let mut edge: Vec<usize> = (0..n * n).filter(is_edge).collect();
    while !edge.is_empty() {
        let mut next = Vec::new();
        for i in edge {
            for j in around(i, n) {
                if !std::mem::replace(&mut known[j], true) {
                    middle.values_mut()[j] = middle.values()[i];
                    half.values_mut()[j] = half.values()[i];
                    next.push(j);
                }
            }
        }
        edge = next;
    }
}

/// For each cell between four pixels, named by the upper left one, whether two of them have nothing in common along the
/// ray though the part is at all four.
pub(super) fn cells(near: &Plane, far: &Plane) -> Vec<bool> {
    let n = near.side();
    let (near, far) = (near.values(), far.values());
    let leap = |i: usize| {
        let right = usize::from(i % n + 1 < n);
        let below = if i / n + 1 < n { n } else { 0 };
        let corners = [i, i + right, i + below, i + right + below];
        let least = corners.iter().map(|&j| near[j]).fold(f32::MAX, f32::min);
        let most = corners.iter().map(|&j| far[j]).fold(f32::MIN, f32::max);
        most > least && corners.iter().all(|&j| near[j] > far[j])
    };
    (0..n * n).map(leap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: usize = 64;

    fn plane(f: impl Fn(f32) -> f32) -> Plane {
        let right = |i: usize| (i % N) as f32 + 0.5 - N as f32 / 2.0;
        Plane::new(N, (0..N * N).map(|i| f(right(i))).collect())
    }

    #[test]
    fn nothing_lies_between_two_legs_one_behind_the_other() {
        // A leg at 0.4 on the left, one at -0.4 on the right, and two pixels of the way from one to the other.
        let mut middle = plane(|x| -0.4 * x.clamp(-1.0, 1.0));
        let mut half = plane(|_| 0.05);
        parted(&mut middle, &mut half);
        let between = middle.values().iter().filter(|m| m.abs() < 0.3).count();
        assert_eq!(between, 0, "pixels lie between the two legs");
        let (near, far) = middle.sheets(&half);
        let cells = cells(&near, &far);
        let found: Vec<usize> = (0..N).filter(|&x| cells[10 * N + x]).collect();
        assert_eq!(found.len(), 1, "one leap a row: {found:?}");
    }

    #[test]
    fn a_thigh_that_leads_to_the_camera_stays() {
        // As steep, but as thick as a thigh is.
        let mut middle = plane(|x| -0.4 * x.clamp(-1.0, 1.0));
        let before = middle.clone();
        parted(&mut middle, &mut plane(|_| 0.6));
        assert_eq!(middle, before);
    }
}
