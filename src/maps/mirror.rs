//! The colours of what no photo shows, where the photo shows its mirror image: most figures are alike on both sides.
//!
//! Where a figure is turned away from the camera, one side of its head is seen and the other is not. A point of the
//! hidden side is looked up across the plane that halves its part, so that a profile has two eyes, and stripes go on.

use glam::Vec3;

use crate::slots::Slot;

/// The plane that halves a part from left to right: where it lies along X of the model frame.
#[derive(Clone, Copy)]
pub(super) struct Mirror(f32);

impl Mirror {
    /// Of a part within these bounds of the model frame; nothing where its two halves need not be alike.
    pub(super) fn of(slot: Slot, (low, high): (Vec3, Vec3)) -> Option<Self> {
        let halved = matches!(slot, Slot::Base | Slot::Torso | Slot::Head | Slot::Hair);
        halved.then(|| Self((low.x + high.x) / 2.0))
    }

    /// The mirror image of a point of the model frame.
    pub(super) fn image(self, p: Vec3) -> Vec3 {
        Vec3::new(2.0 * self.0 - p.x, p.y, p.z)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_one_side_alone_has_no_mirror_image() {
        let bounds = (Vec3::new(0.1, -0.5, -0.2), Vec3::new(0.5, 0.5, 0.2));
        assert!(Mirror::of(Slot::ItemLeft, bounds).is_none());
        let head = Mirror::of(Slot::Head, bounds).expect("a head has two halves");
        let image = head.image(Vec3::new(0.4, 0.3, 0.1));
        assert!(
            (image - Vec3::new(0.2, 0.3, 0.1)).length() < 1e-6,
            "{image}"
        );
    }
}
