//! 3MF: the objects that its build wants printed, with their components, in millimetres.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufReader, Cursor, Read};
use std::rc::Rc;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use glam::{Mat4, Vec3};
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;

use super::read::{Soup, check_count, plain};

/// Of text, unpacked: a small package may hold any amount.
const MOST_TEXT: u64 = 1 << 29;
/// Components within components.
const DEEPEST: usize = 32;
/// Objects, each time that one is shown.
const MOST_VISITS: usize = 100_000;
/// Objects, components and volumes together.
const MOST_ENTRIES: usize = 500_000;
/// Where PrusaSlicer, and those that read its files, keep which triangles are which volume.
const VOLUMES: &str = "Metadata/Slic3r_PE_model.config";

/// An object is known by its file in the package and its number there.
type Key = (Rc<str>, u32);

/// An object: a mesh, or others.
#[derive(Default)]
struct Object {
    name: String,
    points: Vec<Vec3>,
    triangles: Vec<[u32; 3]>,
    components: Vec<(Key, Mat4)>,
}

/// Some of the triangles of a mesh.
struct Volume {
    name: String,
    first: usize,
    last: usize,
    /// It is printed; others change how.
    is_part: bool,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Soup>> {
    let archive = ZipArchive::new(Cursor::new(bytes)).context("it is no 3MF: not a ZIP package")?;
    let mut package = Package {
        archive,
        left: MOST_TEXT,
        objects: HashMap::new(),
        wanted: BTreeSet::new(),
        triangles: 0,
        entries: 0,
    };
    let start = package.start()?;
    let build = package.model(&start)?;
    // The production extension keeps objects in files of their own.
    let mut read = BTreeSet::from([start.clone()]);
    while let Some(path) = package.wanted.pop_first() {
        if read.insert(path.clone()) {
            package.model(&path)?;
        }
    }
    let volumes = package.volumes()?;
    let mut scene = Scene {
        objects: &package.objects,
        volumes: &volumes,
        start,
        parts: Vec::new(),
        count: 0,
        visits: 0,
    };
    for (key, place) in &build {
        scene.object(key, *place, 0)?;
    }
    Ok(scene.parts)
}

struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that may still be unpacked.
    left: u64,
    objects: HashMap<Key, Object>,
    /// The models that components are in.
    wanted: BTreeSet<Rc<str>>,
    /// In all models.
    triangles: usize,
    /// See [`MOST_ENTRIES`].
    entries: usize,
}

impl Package<'_> {
    /// Calls `tell` with each event of a text in the package; whether it is there.
    fn events(&mut self, path: &str, tell: &mut dyn FnMut(&Event) -> Result<()>) -> Result<bool> {
        let name = path.trim_start_matches('/');
        let Some(index) = self.archive.index_for_name(name) else {
            return Ok(false);
        };
        let broken = || format!("{} in it is broken", plain(name));
        let file = self.archive.by_index(index).with_context(broken)?;
        let mut reader = Reader::from_reader(BufReader::new(file.take(self.left)));
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let event = reader.read_event_into(&mut buffer);
            let event = event.map_err(|e| anyhow::anyhow!("{}", plain(&e.to_string())));
            match event {
                Ok(Event::Eof) => break,
                Ok(event) => tell(&event).with_context(broken)?,
                Err(_) if reader.buffer_position() >= self.left => break,
                Err(error) => return Err(error).with_context(broken),
            }
        }
        self.left = self.left.saturating_sub(reader.buffer_position());
        ensure!(
            self.left > 0,
            "it is larger than 512 MiB when it is unpacked"
        );
        Ok(true)
    }

    /// The model that the package begins with.
    fn start(&mut self) -> Result<Rc<str>> {
        let mut start: Rc<str> = "/3D/3dmodel.model".into();
        self.events("_rels/.rels", &mut |event| {
            if let Some(tag) = tag(event).filter(|tag| tag.local_name().as_ref() == "Relationship")
            {
                let kind = text(tag, "Type")?.unwrap_or_default();
                if kind.ends_with("/3dmodel") {
                    start = text(tag, "Target")?.unwrap_or_default().into();
                }
            }
            Ok(())
        })?;
        Ok(start)
    }

    /// Reads the objects of a model; gives what its build wants.
    fn model(&mut self, path: &Rc<str>) -> Result<Vec<(Key, Mat4)>> {
        let mut objects = std::mem::take(&mut self.objects);
        let mut wanted = std::mem::take(&mut self.wanted);
        let (mut triangles, mut entries) = (self.triangles, self.entries);
        let (mut build, mut unit) = (Vec::new(), 1.0);
        let mut open = (path.clone(), 0);
        let there = self.events(path, &mut |event| {
            let Some(tag) = tag(event) else {
                return Ok(());
            };
            match tag.local_name().as_ref() {
                "model" => unit = millimetres(text(tag, "unit")?.as_deref())?,
                "object" => {
                    check_entries(&mut entries)?;
                    open.1 = number(tag, "id")?;
                    let name = text(tag, "name")?.unwrap_or_default();
                    let object = Object {
                        name,
                        ..Object::default()
                    };
                    objects.insert(open.clone(), object);
                }
                "vertex" => {
                    let p = [number(tag, "x")?, number(tag, "y")?, number(tag, "z")?];
                    current(&mut objects, &open)?
                        .points
                        .push(Vec3::from(p) * unit);
                }
                "triangle" => {
                    triangles += 1;
                    check_count(triangles)?;
                    let corners = [number(tag, "v1")?, number(tag, "v2")?, number(tag, "v3")?];
                    current(&mut objects, &open)?.triangles.push(corners);
                }
                "component" => {
                    check_entries(&mut entries)?;
                    let component = shown(tag, path, unit)?;
                    wanted.insert(component.0.0.clone());
                    current(&mut objects, &open)?.components.push(component);
                }
                "item" => {
                    check_entries(&mut entries)?;
                    let item = shown(tag, path, unit)?;
                    wanted.insert(item.0.0.clone());
                    build.push(item);
                }
                _ => {}
            }
            Ok(())
        })?;
        ensure!(there, "{} is missing in it", plain(path));
        self.objects = objects;
        self.wanted = wanted;
        (self.triangles, self.entries) = (triangles, entries);
        Ok(build)
    }

    /// The volumes of the objects of the first model.
    fn volumes(&mut self) -> Result<BTreeMap<u32, Vec<Volume>>> {
        let mut volumes: BTreeMap<u32, Vec<Volume>> = BTreeMap::new();
        let (mut object, mut entries) = (0, self.entries);
        self.events(VOLUMES, &mut |event| {
            let Some(tag) = tag(event) else {
                return Ok(());
            };
            match tag.local_name().as_ref() {
                "object" => object = number(tag, "id")?,
                "volume" => {
                    check_entries(&mut entries)?;
                    volumes.entry(object).or_default().push(Volume {
                        name: String::new(),
                        first: number(tag, "firstid")?,
                        last: number(tag, "lastid")?,
                        is_part: true,
                    });
                }
                "metadata" if text(tag, "type")?.as_deref() == Some("volume") => {
                    let volume = volumes.get_mut(&object).and_then(|all| all.last_mut());
                    let value = text(tag, "value")?.unwrap_or_default();
                    match (volume, text(tag, "key")?.as_deref()) {
                        (Some(volume), Some("name")) => volume.name = value,
                        (Some(volume), Some("volume_type")) => {
                            volume.is_part = value == "ModelPart"
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(volumes)
    }
}

fn check_entries(entries: &mut usize) -> Result<()> {
    *entries += 1;
    ensure!(
        *entries <= MOST_ENTRIES,
        "it has more than {MOST_ENTRIES} objects"
    );
    Ok(())
}

fn current<'a>(objects: &'a mut HashMap<Key, Object>, open: &Key) -> Result<&'a mut Object> {
    objects.get_mut(open).context("a mesh is in no object")
}

fn tag<'a>(event: &'a Event<'a>) -> Option<&'a BytesStart<'a>> {
    match event {
        Event::Start(tag) | Event::Empty(tag) => Some(tag),
        _ => None,
    }
}

/// An attribute, whatever its namespace.
fn attribute<'a>(tag: &'a BytesStart, name: &str) -> Result<Option<Attribute<'a>>> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.context("an attribute is broken")?;
        if attribute.key.local_name().as_ref() == name {
            return Ok(Some(attribute));
        }
    }
    Ok(None)
}

fn text(tag: &BytesStart, name: &str) -> Result<Option<String>> {
    let value = attribute(tag, name)?.map(|a| a.normalized_value(XmlVersion::Implicit1_0));
    let value = value.transpose().context("an attribute is broken")?;
    Ok(value.map(Cow::into_owned))
}

fn number<T: FromStr>(tag: &BytesStart, name: &str) -> Result<T> {
    let attribute = attribute(tag, name)?;
    let text = attribute
        .as_ref()
        .map_or("", |attribute| attribute.value.trim());
    let number = text.parse().ok();
    number.with_context(|| format!("{name} is no number: {}", plain(text)))
}

/// What a build's item or a component shows, and where.
fn shown(tag: &BytesStart, path: &Rc<str>, unit: f32) -> Result<(Key, Mat4)> {
    let path = text(tag, "path")?.map_or(path.clone(), Rc::from);
    let key = (path, number(tag, "objectid")?);
    let Some(text) = text(tag, "transform")? else {
        return Ok((key, Mat4::IDENTITY));
    };
    let numbers: Option<Vec<f32>> = text
        .split_whitespace()
        .map(|word| word.parse().ok())
        .collect();
    let Some([a, b, c, d, e, f, g, h, i, x, y, z]) = numbers.as_deref() else {
        bail!("a transform is not of 12 numbers: {}", plain(&text));
    };
    let rows = [
        [*a, *b, *c, 0.0],
        [*d, *e, *f, 0.0],
        [*g, *h, *i, 0.0],
        [x * unit, y * unit, z * unit, 1.0],
    ];
    Ok((key, Mat4::from_cols_array_2d(&rows)))
}

fn millimetres(unit: Option<&str>) -> Result<f32> {
    Ok(match unit.unwrap_or("millimeter") {
        "micron" => 0.001,
        "millimeter" => 1.0,
        "centimeter" => 10.0,
        "inch" => 25.4,
        "foot" => 304.8,
        "meter" => 1000.0,
        other => bail!("its unit is not known: {}", plain(other)),
    })
}

/// What the build shows.
struct Scene<'a> {
    objects: &'a HashMap<Key, Object>,
    volumes: &'a BTreeMap<u32, Vec<Volume>>,
    start: Rc<str>,
    parts: Vec<Soup>,
    /// Triangles so far.
    count: usize,
    visits: usize,
}

impl Scene<'_> {
    fn object(&mut self, key: &Key, place: Mat4, depth: usize) -> Result<()> {
        self.visits += 1;
        ensure!(
            depth < DEEPEST && self.visits < MOST_VISITS,
            "its components are too many, or lie within each other"
        );
        let object = self.objects.get(key);
        let object = object.with_context(|| format!("object {} is missing in it", key.1))?;
        for (component, inner) in &object.components {
            self.object(component, place * *inner, depth + 1)?;
        }
        if object.triangles.is_empty() {
            return Ok(());
        }
        let name = match object.name.is_empty() {
            true => format!("object {}", key.1),
            false => object.name.clone(),
        };
        let volumes = self.volumes.get(&key.1).filter(|_| key.0 == self.start);
        let Some(volumes) = volumes else {
            return self.mesh(name, object, &object.triangles, place);
        };
        for volume in volumes.iter().filter(|volume| volume.is_part) {
            let triangles = object.triangles.get(volume.first..=volume.last);
            let triangles = triangles.context("a volume is of triangles that are missing")?;
            let name = match volume.name.is_empty() {
                true => name.clone(),
                false => volume.name.clone(),
            };
            self.mesh(name, object, triangles, place)?;
        }
        Ok(())
    }

    fn mesh(
        &mut self,
        name: String,
        of: &Object,
        triangles: &[[u32; 3]],
        place: Mat4,
    ) -> Result<()> {
        self.count += triangles.len();
        check_count(self.count)?;
        let corner = |v: u32| -> Result<Vec3> {
            let point = of.points.get(v as usize);
            let point = point.context("a triangle has a corner that is missing")?;
            Ok(place.transform_point3(*point))
        };
        let turned = place.determinant() < 0.0;
        let triangle = |&[a, b, c]: &[u32; 3]| -> Result<[Vec3; 3]> {
            let [b, c] = if turned { [c, b] } else { [b, c] };
            Ok([corner(a)?, corner(b)?, corner(c)?])
        };
        let triangles = triangles.iter().map(triangle).collect::<Result<_>>()?;
        self.parts.push(Soup { name, triangles });
        Ok(())
    }
}
