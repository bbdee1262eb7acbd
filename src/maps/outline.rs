//! An outline blown up like a balloon: what is known of a shape's depth when nothing else is.

use super::Plane;

/// Rounds of over-relaxation. As in training: the network corrects what this gives.
const ROUNDS: usize = 200;
const RELAXATION: f32 = 1.9;

/// Half thickness of a mask blown up, in halves of the frame: the root of u, whose Laplacian is -4 inside and which is
/// 0 outside, so that a disc becomes a ball. Inside is where `alpha` is above a half.
pub fn inflated(alpha: &Plane) -> Plane {
    let n = alpha.side();
    let wide = n + 2;
    let mut u = vec![0f32; wide * wide];
    let inside: Vec<usize> = (0..n * n)
        .filter(|&i| alpha.values()[i] > 0.5)
        .map(|i| (i / n + 1) * wide + i % n + 1)
        .collect();
    for _ in 0..ROUNDS {
        for &i in &inside {
            let mean = (u[i - wide] + u[i + wide] + u[i - 1] + u[i + 1] + 4.0) * 0.25;
            u[i] += RELAXATION * (mean - u[i]);
        }
    }
    let half = |i: usize| u[(i / n + 1) * wide + i % n + 1].max(0.0).sqrt() / (n as f32 / 2.0);
    Plane::new(n, (0..n * n).map(half).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disc_becomes_a_ball() {
        let n = 64;
        let from = |i: usize| ((i % n) as f32 - 31.5).hypot((i / n) as f32 - 31.5);
        let alpha = Plane::new(
            n,
            (0..n * n)
                .map(|i| f32::from(u8::from(from(i) < 20.0)))
                .collect(),
        );
        let ball = inflated(&alpha);
        for i in (0..n * n).filter(|&i| from(i) < 18.0) {
            let wanted = (20.5f32.powi(2) - from(i).powi(2)).sqrt() / 32.0;
            let found = ball.values()[i];
            assert!(
                (found - wanted).abs() < 0.05,
                "{found} and not {wanted} at {} from the middle",
                from(i)
            );
        }
        assert_eq!(ball.values()[0], 0.0);
    }
}
