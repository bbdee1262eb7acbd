//! Figurines can be moved: they have bones, and nothing tears.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use gen3d::export::{self, ExportOptions};
use gen3d::figure::rig::{self, Pose, Rig};
use gen3d::geometry::{Field, Figurine, Mesh};
use gen3d::surface::union;
use glam::{Quat, Vec3};
use serde_json::Value;

use crate::support::judges;
use crate::support::measure::{flaw, part, volume};
use crate::support::program::Place;
use crate::support::shapes::{Bones, KNIGHT, assembled, bone, borrowed};

static RIG: LazyLock<Rig> = LazyLock::new(|| Rig::of(&KNIGHT));

/// With a skeleton.
fn rigged() -> ExportOptions {
    ExportOptions {
        rig: Some(Arc::new(RIG.clone())),
        ..ExportOptions::default()
    }
}

fn place(rig: &Rig, name: &str) -> Vec3 {
    let bone = rig
        .bone(name)
        .unwrap_or_else(|| panic!("there is no {name}: {:?}", names(rig)));
    rig.bones[bone].place
}

fn names(rig: &Rig) -> Vec<&str> {
    rig.bones.iter().map(|bone| &*bone.name).collect()
}

/// From where to where, and how thick.
type Capsule = ([f32; 3], [f32; 3], f32);

/// Parts of capsules, as meshes.
fn figure(parts: &[(&str, Vec<Capsule>)]) -> Figurine {
    let part = |(name, bones): &(&str, Vec<Capsule>)| {
        let bones = bones
            .iter()
            .map(|&(from, to, radius)| bone(from, to, (radius, radius), 1.0, [0.5; 3]));
        let field = Bones {
            bones: bones.collect(),
            truncation: 0.05,
        };
        ((*name).to_owned(), Box::new(field) as Box<dyn Field>)
    };
    let fields: Vec<_> = parts.iter().map(part).collect();
    assembled(&borrowed(&fields), 64)
}

#[test]
fn a_figure_gets_the_bones_of_a_person_where_its_limbs_bend() {
    assert_eq!(rig::lacks(&RIG.bones), [""; 0], "{:?}", names(&RIG));
    // As tests/it/support/shapes.rs draws the knight; a joint is in its limb, near where that bends.
    let near = [
        ("LeftUpperArm", [0.24, 0.08, 0.0], 0.1),
        ("RightUpperArm", [-0.24, 0.08, 0.0], 0.1),
        ("LeftLowerArm", [0.36, -0.08, 0.04], 0.08),
        ("RightLowerArm", [-0.36, -0.08, 0.04], 0.08),
        ("LeftHand", [0.43, -0.12, 0.16], 0.08),
        ("LeftUpperLeg", [0.11, -0.35, 0.0], 0.12),
        ("RightUpperLeg", [-0.11, -0.35, 0.0], 0.12),
        ("LeftLowerLeg", [0.12, -0.55, 0.01], 0.12),
        ("LeftFoot", [0.14, -0.77, 0.02], 0.1),
        ("LeftToes", [0.15, -0.8, 0.12], 0.1),
        ("Head", [0.0, 0.2, 0.0], 0.1),
    ];
    for (name, wanted, far) in near {
        let found = place(&RIG, name);
        assert!(
            found.distance(wanted.into()) < far,
            "{name} is at {found}, not near {wanted:?}"
        );
    }
    assert!(
        place(&RIG, "Hips").y < place(&RIG, "Spine").y,
        "the spine goes up"
    );
    for (i, bone) in RIG.bones.iter().enumerate() {
        assert!(
            bone.parent.is_none_or(|parent| parent < i),
            "{} comes after its parent",
            bone.name
        );
    }
}

#[test]
fn every_vertex_follows_bones_and_what_is_grown_together_the_same() {
    for (part, skin) in KNIGHT.parts.iter().zip(&RIG.skins) {
        assert_eq!(skin.len(), part.mesh.positions.len(), "{}", part.name);
        for influences in skin {
            let sum: f32 = influences.shares.iter().sum();
            assert!((sum - 1.0).abs() < 1e-4, "{}: {influences:?}", part.name);
        }
    }
    let hand = RIG.bone("LeftHand").expect("a hand") as u8;
    let of = |name: &str| {
        KNIGHT
            .parts
            .iter()
            .position(|part| part.name == name)
            .expect("it has one")
    };
    let stray = RIG.skins[of("legs")].iter().filter(|i| {
        i.bones
            .iter()
            .zip(i.shares)
            .any(|(b, s)| *b == hand && s > 0.0)
    });
    assert_eq!(stray.count(), 0, "no leg follows a hand");
    let sword = RIG.bone("RightItem").expect("what the right hand holds");
    let held = RIG.bones[sword].parent.map(|bone| &*RIG.bones[bone].name);
    assert_eq!(held, Some("RightHand"), "and it is the hand that does");
}

#[test]
fn an_elbow_turns_by_90_degrees_without_a_tear() {
    for (turned, child, parent) in [
        ("LeftLowerArm", "arm_left", "item_left"),
        ("LeftLowerArm", "arm_left", "torso"),
        ("RightLowerLeg", "legs", "torso"),
        ("Head", "head", "torso"),
        ("Head", "hair", "head"),
    ] {
        let mut turns = vec![None; RIG.bones.len()];
        let angle = if turned == "Head" { 30.0f32 } else { 90.0 };
        let bone = RIG.bone(turned).expect("it has that bone");
        turns[bone] = Some(Quat::from_rotation_x(-angle.to_radians()));
        let posed = RIG.turned(&KNIGHT, &turns);
        let (mut widest, mut moved) = (0f32, 0f32);
        let places: HashMap<[u32; 3], Vec3> = (part(&KNIGHT, parent).positions.iter())
            .map(|p| p.to_array().map(f32::to_bits))
            .zip(part(&posed.figurine, parent).positions.iter().copied())
            .collect();
        let (before, after) = (part(&KNIGHT, child), part(&posed.figurine, child));
        for (was, is) in before.positions.iter().zip(&after.positions) {
            moved = moved.max(was.distance(*is));
            if let Some(there) = places.get(&was.to_array().map(f32::to_bits)) {
                widest = widest.max(there.distance(*is));
            }
        }
        assert!(moved > 0.05, "{turned} moves the {child} by {moved} only");
        assert!(
            widest < 1e-3,
            "between {child} and {parent} a gap of {widest} opens"
        );
        let (was, is) = (volume(before), volume(after));
        assert!(
            (is / was - 1.0).abs() < 0.15,
            "{turned}: the {child} of {was} has now {is}"
        );
        assert_eq!(flaw(after), None, "{child} is closed as before");
    }
}

#[test]
fn elbows_of_photos_figures_turn_without_a_tear() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR"));
    let photos = samples.join("../shared/data/photos");
    let others = [
        "orangeguy_1",
        "rabbit_2",
        "typical_humanoid_dwarf",
        "typical_humanoid_goblin",
    ];
    let others = others.map(|name| photos.join(format!("trellis1__{name}.png")));
    let (there, missing): (Vec<_>, Vec<_>) = others.into_iter().partition(|path| path.exists());
    if !missing.is_empty() {
        skip!(
            "no {}; elbows of the sample alone were turned",
            photos.display()
        );
    }
    let options = gen3d::pipeline::Options {
        resolution: Some(96),
        faces: 12_000,
        ..Default::default()
    };
    for photo in [samples.join("examples/twintails_cut.png")]
        .into_iter()
        .chain(there)
    {
        let figurine = gen3d::generate(&photo, &options).expect("a figurine");
        let rig = Rig::of(&figurine);
        for (side, arm) in [("Left", "arm_left"), ("Right", "arm_right")] {
            let bone = |name: &str| rig.bone(&format!("{side}{name}")).expect("an arm's bone");
            let elbow = bone("LowerArm");
            let way = rig.bones[bone("Hand")].place - rig.bones[elbow].place;
            let across = way.normalize().any_orthonormal_pair();
            for axis in [across.0, across.1, -across.0, -across.1] {
                let mut turns = vec![None; rig.bones.len()];
                turns[elbow] = Some(Quat::from_axis_angle(axis, 90f32.to_radians()));
                let posed = rig.turned(&figurine, &turns).figurine;
                let told = format!("{}: the {side} elbow about {axis}", photo.display());
                let (was, is) = (volume(part(&figurine, arm)), volume(part(&posed, arm)));
                assert!(
                    (is / was - 1.0).abs() < 0.15,
                    "{told}: {is} of {was} is left"
                );
                let shoulder = bone("UpperArm");
                turns[shoulder] = Some(Quat::from_axis_angle(axis, 45f32.to_radians()));
                let raised = rig.turned(&figurine, &turns).figurine;
                let (sewn, gap) = gap(
                    &figurine,
                    &raised,
                    [arm, "torso"],
                    rig.bones[shoulder].place,
                );
                assert!(
                    sewn > 4 && gap < 1e-3,
                    "{told}, and 45 degrees in the shoulder: a gap of {gap} opens there, of {sewn} points"
                );
            }
        }
    }
}

/// How many points near a joint two parts share, of all that they share the eighth that is the nearest to it (lower
/// down an arm may only lie against the body); and how far apart the farthest of these come.
fn gap(before: &Figurine, after: &Figurine, parts: [&str; 2], joint: Vec3) -> (usize, f32) {
    let key = |p: &Vec3| p.to_array().map(f32::to_bits);
    let [one, other] =
        parts.map(|name| (&part(before, name).positions, &part(after, name).positions));
    let there: HashMap<[u32; 3], Vec3> = other
        .0
        .iter()
        .map(key)
        .zip(other.1.iter().copied())
        .collect();
    let both = one.0.iter().zip(one.1);
    let mut shared: Vec<(f32, f32)> = both
        .filter_map(|(was, is)| Some((was.distance(joint), there.get(&key(was))?.distance(*is))))
        .collect();
    shared.sort_by(|a, b| a.0.total_cmp(&b.0));
    shared.truncate(shared.len() / 8);
    let widest = shared.iter().map(|(_, gap)| *gap).fold(0.0, f32::max);
    (shared.len(), widest)
}

#[test]
fn poses_straighten_the_arms() {
    for (pose, slope) in [(Pose::A, 45f32), (Pose::T, 0.0)] {
        let posed = RIG.posed(&KNIGHT, pose).expect("it has arms");
        for side in ["Left", "Right"] {
            let [shoulder, elbow, hand] = ["UpperArm", "LowerArm", "Hand"]
                .map(|name| place(&posed.rig, &format!("{side}{name}")));
            let (first, second) = (elbow - shoulder, hand - elbow);
            assert!(first.angle_between(second) < 0.01, "{side} is straight");
            let down = (-first.y / first.length()).asin().to_degrees();
            assert!(
                (down - slope).abs() < 1.0 && first.z.abs() < 1e-3,
                "{side} points {first}"
            );
        }
        for (before, after) in KNIGHT.parts.iter().zip(&posed.figurine.parts) {
            assert_eq!(flaw(&after.mesh), None, "{}", after.name);
            let share = volume(&after.mesh) / volume(&before.mesh);
            assert!(
                (0.8..1.2).contains(&share),
                "{}: {share} of its volume",
                after.name
            );
        }
        assert_eq!(
            posed.strained, [""; 0],
            "and nothing is pulled out of shape"
        );
    }
    assert_eq!(
        RIG.posed(&KNIGHT, Pose::Photo).expect("as it is").figurine,
        *KNIGHT
    );
}

#[test]
fn legs_become_two_closed_ones_that_share_a_wall() {
    let mut halved = KNIGHT.clone();
    let mut rig = RIG.clone();
    rig::halve_legs(&mut halved, Some(&mut rig)).expect("a knight has two legs");
    let (left, right) = (part(&halved, "leg_left"), part(&halved, "leg_right"));
    assert_eq!((flaw(left), flaw(right)), (None, None), "both are closed");
    let (sum, all) = (volume(left) + volume(right), volume(part(&KNIGHT, "legs")));
    assert!(
        (sum / all - 1.0).abs() < 1e-3,
        "together they are the legs: {sum} of {all}"
    );
    assert!(
        (volume(left) / volume(right) - 1.0).abs() < 0.1,
        "and as large as each other"
    );
    let middle = |mesh: &Mesh| mesh.positions.iter().sum::<Vec3>().x;
    assert!(
        middle(left) > 0.0 && middle(right) < 0.0,
        "left is the figure's own"
    );
    assert_eq!(
        union::unite(&halved).triangles(),
        union::unite(&KNIGHT).triangles(),
        "one skin, as before"
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = ExportOptions {
        rig: Some(Arc::new(rig)),
        ..ExportOptions::default()
    };
    export::write(&folder.path().join("two.glb"), &halved, &options).expect("the bones go along");
}

#[test]
fn a_piece_that_was_taken_for_another_part_goes_with_what_it_is_grown_to() {
    let arm = |s: f32| vec![([s * 0.2, 0.1, 0.0], [s * 0.6, -0.3, 0.0], 0.08)];
    let standing = figure(&[
        // The second is the lower half of what the left hand holds.
        (
            "base",
            vec![
                ([-0.3, -0.9, 0.0], [0.3, -0.9, 0.0], 0.05),
                ([0.65, -0.6, 0.0], [0.65, -0.6, 0.0], 0.1),
            ],
        ),
        (
            "legs",
            vec![
                ([0.1, -0.3, 0.0], [0.1, -0.8, 0.0], 0.08),
                ([-0.1, -0.3, 0.0], [-0.1, -0.8, 0.0], 0.08),
            ],
        ),
        ("torso", vec![([0.0, -0.25, 0.0], [0.0, 0.1, 0.0], 0.2)]),
        ("arm_left", arm(1.0)),
        ("arm_right", arm(-1.0)),
        ("head", vec![([0.0, 0.45, 0.0], [0.0, 0.45, 0.0], 0.2)]),
        (
            "item_left",
            vec![([0.65, -0.4, 0.0], [0.65, -0.45, 0.0], 0.1)],
        ),
    ]);
    let rig = Rig::of(&standing);
    let item = rig.bone("LeftItem").expect("it holds something") as u8;
    let base = part(&standing, "base");
    for (p, influences) in base.positions.iter().zip(&rig.skins[0]) {
        let wanted = if p.x > 0.5 { item } else { 0 };
        assert_eq!(
            influences.bones[0], wanted,
            "the base at {p} follows {influences:?}"
        );
    }
}

#[test]
fn animals_have_four_legs_and_a_tail_and_others_a_chain() {
    let leg = |x: f32, z: f32| ([x, -0.2, z], [x, -0.8, z], 0.08);
    let cat = figure(&[
        (
            "legs",
            vec![
                leg(0.15, 0.4),
                leg(-0.15, 0.4),
                leg(0.15, -0.4),
                leg(-0.15, -0.4),
            ],
        ),
        ("torso", vec![([0.0, -0.1, -0.45], [0.0, -0.1, 0.45], 0.22)]),
        ("head", vec![([0.0, 0.15, 0.75], [0.0, 0.15, 0.75], 0.22)]),
        ("back", vec![([0.0, 0.0, -0.6], [0.0, 0.3, -0.9], 0.06)]),
    ]);
    let rig = Rig::of(&cat);
    for (name, x, z) in [
        ("LeftFrontLowerLeg", 0.15, 0.4),
        ("RightFrontLowerLeg", -0.15, 0.4),
        ("LeftHindLowerLeg", 0.15, -0.4),
        ("RightHindLowerLeg", -0.15, -0.4),
    ] {
        let knee = place(&rig, name);
        assert!(
            (knee.x - x).abs() < 0.05 && (knee.z - z).abs() < 0.05,
            "{name} is at {knee}"
        );
    }
    assert!(
        place(&rig, "Tail3").z < place(&rig, "Tail1").z,
        "the tail goes back"
    );
    assert!(
        place(&rig, "Hips").z < place(&rig, "Chest").z,
        "the spine goes ahead"
    );
    assert!(!rig::lacks(&rig.bones).is_empty(), "it is no person");
    assert!(
        rig.posed(&cat, Pose::T).is_none(),
        "and has no arms to raise"
    );

    let blob = figure(&[("part_01", vec![([0.0, -0.6, 0.0], [0.0, 0.6, 0.0], 0.3)])]);
    assert_eq!(names(&Rig::of(&blob)), ["Root", "Body1", "Body2", "Body3"]);
}

#[test]
fn a_skin_changes_nothing_until_a_bone_is_turned() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("knight.glb");
    let places = |options: &ExportOptions| -> HashMap<String, Vec<Vec3>> {
        export::write(&path, &KNIGHT, options).expect("it can be written");
        let (document, buffers, _) = gltf::import(&path).expect("it reads back");
        let mut found = HashMap::new();
        let mut open: Vec<_> = document
            .default_scene()
            .expect("a scene")
            .nodes()
            .map(|n| (n, Vec3::ZERO))
            .collect();
        while let Some((node, above)) = open.pop() {
            let place = above + Vec3::from(node.transform().decomposed().0);
            open.extend(node.children().map(|child| (child, place)));
            let Some(mesh) = node.mesh() else { continue };
            let primitive = mesh.primitives().next().expect("a primitive");
            let reader = primitive.reader(|b| Some(&buffers[b.index()]));
            // A skin's mesh stays where it is, whatever its node says.
            let at = if node.skin().is_some() {
                Vec3::ZERO
            } else {
                place
            };
            let positions = reader
                .read_positions()
                .expect("positions")
                .map(|p| at + Vec3::from(p));
            found.insert(node.name().expect("a name").to_owned(), positions.collect());
            if let Some(skin) = node.skin() {
                assert_eq!(skin.joints().count(), RIG.bones.len());
                let shares = reader.read_weights(0).expect("weights").into_u8();
                assert!(
                    shares
                        .map(|s| s.map(u32::from).iter().sum::<u32>())
                        .all(|sum| sum == 255)
                );
                let back = skin
                    .reader(|b| Some(&buffers[b.index()]))
                    .read_inverse_bind_matrices()
                    .expect("matrices");
                for (joint, back) in skin.joints().zip(back) {
                    let mut bone = Vec3::ZERO;
                    let name = joint.name().expect("a bone's name").to_owned();
                    let mut at = RIG.bone(&name);
                    while let Some(i) = at {
                        let node = skin
                            .joints()
                            .find(|n| n.name() == Some(&*RIG.bones[i].name))
                            .expect("its node");
                        bone += Vec3::from(node.transform().decomposed().0);
                        at = RIG.bones[i].parent;
                    }
                    let undone = bone + Vec3::from_slice(&back[3][..3]);
                    assert!(
                        undone.length() < 1e-7,
                        "{name} moves what follows it by {undone}"
                    );
                }
            }
        }
        found
    };
    let (with, without) = (places(&rigged()), places(&ExportOptions::default()));
    assert_eq!(
        with.len(),
        KNIGHT.parts.len(),
        "a node a part, of its name: {:?}",
        with.keys()
    );
    assert_eq!(
        with, without,
        "the figurine is where it is without a skeleton"
    );
}

#[test]
fn the_khronos_validator_is_content_with_skins() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = ["knight.glb", "knight.gltf"].map(|name| folder.path().join(name));
    for file in &files {
        export::write(file, &KNIGHT, &rigged()).expect("both forms can be written");
    }
    judges::khronos(&files);
}

#[test]
fn an_elbow_turns_in_three_js_and_in_blender() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("knight.glb");
    export::write(&file, &KNIGHT, &rigged()).expect("it can be written");
    let kept = |line: &str| {
        let numbers: Vec<f64> = line
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        assert!(
            (numbers[1] / numbers[0] - 1.0).abs() < 0.15,
            "within 15 % of its volume: {line}"
        );
    };
    if let Some(modules) = judges::node("three", "no bone was turned in three.js") {
        let mut node = Command::new("node");
        node.arg(judges::script("rig.mjs")).arg(modules).arg(&file);
        let said = judges::passes(node.args(["LeftLowerArm", "90"]));
        let line = |start: &str| {
            said.lines()
                .find(|line| line.starts_with(start))
                .expect("it tells")
        };
        kept(line("arm_left "));
        let gap: Vec<f64> = line("gap ")
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        assert!(
            gap[1] > 0.005 && gap[0] < 1e-6,
            "it moves, and nothing tears: {said}"
        );
    }
    if let Some(python) = judges::blender("no bone was turned in Blender") {
        let mut python = Command::new(python);
        python
            .arg(judges::script("rig.py"))
            .arg(&file)
            .arg("LeftLowerArm");
        let said = judges::passes(python.env("PYTHONWARNINGS", "ignore"));
        assert!(
            said.lines()
                .any(|line| line.starts_with("bones ") && line.contains("LeftLowerArm")),
            "{said}"
        );
        let line = said.lines().find(|line| line.starts_with("mesh arm_left "));
        kept(line.unwrap_or_else(|| panic!("there is no arm: {said}")));
    }
}

/// The text of a `.vrm`.
fn text(bytes: &[u8]) -> Value {
    let length = u32::from_le_bytes(bytes[12..16].try_into().expect("four bytes")) as usize;
    serde_json::from_slice(&bytes[20..20 + length]).expect("JSON")
}

#[test]
fn a_vrm_tells_who_is_who_and_what_is_allowed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("knight.vrm");
    let posed = RIG.posed(&KNIGHT, Pose::T).expect("it has arms");
    let options = ExportOptions {
        rig: Some(Arc::new(posed.rig)),
        author: Some("Ada".into()),
        ..ExportOptions::default()
    };
    export::write(&path, &posed.figurine, &options).expect("a person can be written");
    let root = text(&std::fs::read(&path).expect("it is there"));
    assert_eq!(root["extensionsUsed"], serde_json::json!(["VRMC_vrm"]));
    // What the schemas of VRM 1.0 ask for (github.com/vrm-c/vrm-specification).
    let vrm = &root["extensions"]["VRMC_vrm"];
    assert_eq!(vrm["specVersion"], "1.0");
    let meta = &vrm["meta"];
    assert_eq!(meta["name"], "knight");
    assert_eq!(meta["authors"], serde_json::json!(["Ada"]));
    assert_eq!(meta["licenseUrl"], "https://vrm.dev/licenses/1.0/");
    for (field, values) in [
        (
            "avatarPermission",
            &["onlyAuthor", "onlySeparatelyLicensedPerson", "everyone"][..],
        ),
        (
            "commercialUsage",
            &["personalNonProfit", "personalProfit", "corporation"],
        ),
        ("creditNotation", &["required", "unnecessary"]),
        (
            "modification",
            &[
                "prohibited",
                "allowModification",
                "allowModificationRedistribution",
            ],
        ),
    ] {
        assert!(
            values.contains(&meta[field].as_str().unwrap_or_default()),
            "{field}: {meta}"
        );
    }
    let bones = vrm["humanoid"]["humanBones"].as_object().expect("bones");
    let required = [
        "hips",
        "spine",
        "head",
        "leftUpperLeg",
        "leftLowerLeg",
        "leftFoot",
        "rightUpperLeg",
        "rightLowerLeg",
        "rightFoot",
        "leftUpperArm",
        "leftLowerArm",
        "leftHand",
        "rightUpperArm",
        "rightLowerArm",
        "rightHand",
    ];
    let nodes = root["nodes"].as_array().expect("nodes");
    for name in required {
        let node = bones.get(name).and_then(|bone| bone["node"].as_u64());
        let node = &nodes[node.unwrap_or_else(|| panic!("{name} is missing")) as usize];
        let called = node["name"].as_str().unwrap_or_default();
        assert!(called.eq_ignore_ascii_case(name), "{name} is {called}");
    }
    judges::khronos(std::slice::from_ref(&path));
    if let Some(modules) = judges::node(
        "@pixiv/three-vrm",
        "no .vrm was held against its schema, or opened",
    ) {
        let mut node = Command::new("node");
        let said = judges::passes(node.arg(judges::script("vrm.mjs")).arg(modules).arg(&path));
        for told in [
            "schema content",
            "meta knight Ada",
            "leftToes",
            "rightLowerArm",
        ] {
            assert!(said.contains(told), "{told}: {said}");
        }
        let moved = said.lines().find_map(|line| line.strip_prefix("moved "));
        let moved: f64 = moved.and_then(|far| far.parse().ok()).expect("it tells");
        assert!(moved > 0.005, "the hand goes with its elbow: {moved} m");
    }

    let ball = figure(&[("torso", vec![([0.0; 3], [0.0; 3], 0.5)])]);
    let options = ExportOptions {
        rig: Some(Arc::new(Rig::of(&ball))),
        ..ExportOptions::default()
    };
    let refused = export::write(&folder.path().join("ball.vrm"), &ball, &options);
    let refused = format!("{:#}", refused.expect_err("a ball is no person"));
    assert!(
        refused.contains("LeftUpperArm") && refused.contains(".glb"),
        "{refused}"
    );
    assert!(
        !folder.path().join("ball.vrm").exists(),
        "and nothing is left"
    );
}

#[test]
fn files_have_a_skeleton_unless_it_is_not_wanted() {
    let place = Place::new().with(
        "photo.png",
        include_bytes!("../../examples/twintails_cut.png"),
    );
    let rough = ["--resolution", "48", "--faces", "6000", "--texture", "off"];
    let make = |line: &[&str]| {
        let mut gen3d = place.command();
        gen3d
            .arg("photo.png")
            .args(line)
            .args(rough)
            .arg("--no-cache");
        let output = gen3d.output().expect("the program can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line:?}: {said}");
    };
    make(&["-o", "on.glb"]);
    make(&["-o", "off.glb", "--rig", "off"]);
    make(&["-o", "t.glb", "--pose", "t"]);
    make(&["-o", "me.vrm", "--author", "Ada"]);
    let read = |name: &str| text(&std::fs::read(place.path(name)).expect("it was made"));
    assert_eq!(read("on.glb")["skins"].as_array().map(Vec::len), Some(1));
    assert!(read("off.glb").get("skins").is_none(), "no skeleton");
    assert_eq!(
        read("me.vrm")["extensions"]["VRMC_vrm"]["meta"]["authors"][0],
        "Ada"
    );
    let width = |name: &str| {
        let (document, ..) = gltf::import(place.path(name)).expect("it reads back");
        let boxes = document.meshes().flat_map(|mesh| {
            let boxes: Vec<_> = mesh.primitives().map(|p| p.bounding_box()).collect();
            boxes
        });
        let (low, high) = boxes.fold((f32::MAX, f32::MIN), |(low, high), b| {
            (low.min(b.min[0]), high.max(b.max[0]))
        });
        high - low
    };
    assert!(
        width("t.glb") > width("on.glb"),
        "arms that are out reach farther"
    );
}

/// The part of a GLB's weights, by part, that is of bones whose names hold one of these words.
fn followed(path: &std::path::Path, part: &str, words: &[&str]) -> f32 {
    let (document, buffers, _) = gltf::import(path).expect("it reads back");
    let mut shares = document.nodes().filter_map(|node| {
        let (skin, mesh) = (node.skin()?, node.mesh()?);
        let bones: Vec<String> = (skin.joints())
            .map(|bone| bone.name().unwrap_or_default().to_owned())
            .collect();
        let named = node.name() == Some(part);
        let sum = |primitive: gltf::Primitive<'_>| {
            let reader = primitive.reader(|buffer| Some(&buffers[buffer.index()]));
            let joints = reader.read_joints(0).expect("bones").into_u16();
            let weights = reader.read_weights(0).expect("weights").into_f32();
            let mine = |joint: u16| {
                words
                    .iter()
                    .any(|word| bones[joint as usize].contains(word))
            };
            let pairs = joints.zip(weights).flat_map(|(j, w)| j.into_iter().zip(w));
            let (found, all) = pairs.fold((0.0, 0.0), |(found, all), (joint, weight)| {
                (found + if mine(joint) { weight } else { 0.0 }, all + weight)
            });
            found / all
        };
        named.then(|| mesh.primitives().map(sum).sum::<f32>() / mesh.primitives().len() as f32)
    });
    shares.next().expect("the part has a skin")
}

#[test]
fn each_leg_of_a_photo_s_figure_follows_its_own_bones() {
    let place = Place::new().with(
        "cat.jpg",
        include_bytes!("../../examples/cat_with_shield.jpg"),
    );
    let make = |line: &[&str]| {
        let rough = ["--resolution", "64", "--faces", "9000", "--texture", "off"];
        let line = [&["cat.jpg", "--no-cache"], line, &rough].concat();
        let output = (place.command().args(line).output()).expect("the program can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    };
    make(&["-o", "cat.glb"]);
    let share = |words: &[&str]| followed(&place.path("cat.glb"), "legs", words);
    let arms = share(&["Arm", "Hand", "Item"]);
    assert!(
        arms < 0.02,
        "the cat's legs are two pieces, of which none is a stray of what it holds: {arms} of them follows an arm"
    );
    for leg in ["LeftUpperLeg", "RightUpperLeg"] {
        let own = share(&[leg]);
        assert!(own > 0.05, "{leg} moves only {own} of the legs");
    }

    let parts = |name: &str| {
        let (document, ..) = gltf::import(place.path(name)).expect("it reads back");
        let meshes = document.nodes().filter(|node| node.mesh().is_some());
        let mut names: Vec<String> = (meshes.filter_map(|node| node.name().map(str::to_owned)))
            .filter(|name| name.starts_with("leg"))
            .collect();
        names.sort();
        names
    };
    make(&["-o", "halved.glb", "--split-legs"]);
    assert_eq!(parts("halved.glb"), ["leg_left", "leg_right"]);
    make(&["-o", "legs.glb", "--split-legs", "--only", "legs"]);
    assert_eq!(
        parts("legs.glb"),
        ["leg_left", "leg_right"],
        "--only legs keeps both"
    );
}
