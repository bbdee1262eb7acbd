//! What is missing in a picture, from ever coarser means of what is known around it (pull and push, Gortler et
//! al., The Lumigraph, 1996).

/// Fills a picture of `[width, height]` pixels in place. `pull` makes a pixel of half the size of the two to four
/// that it covers; `push` completes one at a place by what the picture of half the size, of that width, became.
/// Of a picture of one pixel nothing is asked.
pub(crate) fn pull_push<T>(
    fine: &mut [T],
    [width, height]: [usize; 2],
    pull: &impl Fn(&mut dyn Iterator<Item = &T>) -> T,
    push: &impl Fn(&mut T, [usize; 2], &Coarse<'_, T>),
) {
    if width.max(height) <= 1 {
        return;
    }
    let [wide, high] = [width.div_ceil(2), height.div_ceil(2)];
    let mut coarse: Vec<T> = (0..wide * high)
        .map(|i| {
            let (x, y) = (2 * (i % wide), 2 * (i / wide));
            let four = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)].into_iter();
            let covered = four.filter(|(x, y)| *x < width && *y < height);
            pull(&mut covered.map(|(x, y)| &fine[y * width + x]))
        })
        .collect();
    pull_push(&mut coarse, [wide, high], pull, push);
    let coarse = Coarse {
        pixels: &coarse,
        size: [wide, high],
    };
    for (i, pixel) in fine.iter_mut().enumerate() {
        push(pixel, [i % width, i / width], &coarse);
    }
}

/// A picture of half the size.
pub(crate) struct Coarse<'a, T> {
    pub(crate) pixels: &'a [T],
    pub(crate) size: [usize; 2],
}

impl<T> Coarse<'_, T> {
    /// What covers a pixel of the picture of the full size.
    pub(crate) fn above(&self, [x, y]: [usize; 2]) -> &T {
        &self.pixels[y / 2 * self.size[0] + x / 2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_gets_the_mean_of_what_is_near_and_what_is_known_stays() {
        let mut picture = [None; 15];
        (picture[0], picture[14]) = (Some(1.0), Some(3.0));
        let pull = |all: &mut dyn Iterator<Item = &Option<f32>>| {
            let known: Vec<f32> = all.flatten().copied().collect();
            (!known.is_empty()).then(|| known.iter().sum::<f32>() / known.len() as f32)
        };
        let push = |own: &mut Option<f32>, at: [usize; 2], coarse: &Coarse<'_, Option<f32>>| {
            *own = own.or(*coarse.above(at));
        };
        pull_push(&mut picture, [5, 3], &pull, &push);
        let picture = picture.map(|value| value.expect("all is filled"));
        assert_eq!((picture[0], picture[14]), (1.0, 3.0), "what was known");
        assert_eq!(picture[1], 1.0, "beside it, by the first coarser picture");
        assert_eq!(
            (picture[2], picture[4]),
            (1.0, 3.0),
            "farther away, by the second"
        );
    }
}
