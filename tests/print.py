"""Shows 3MF files to lib3mf, in its strict mode, and other meshes to trimesh. A fault ends it with 1."""
import re
import sys
import zipfile


def read(path, strictly):
    import lib3mf

    wrapper = lib3mf.get_wrapper()
    model = wrapper.CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(strictly)
    reader.ReadFromFile(path)
    return lib3mf, model, [reader.GetWarning(i) for i in range(reader.GetWarningCount())]


def without_paint_color(path):
    """A copy without the attribute that Bambu Studio reads: it has no namespace, and strictness refuses
    those. Nothing else may be wrong. Read as most programs do, the whole file gets a warning for each."""
    with zipfile.ZipFile(path) as package:
        files = {name: package.read(name) for name in package.namelist()}
    model, count = re.subn(rb' paint_color="[0-9A-F]+"', b"", files["3D/3dmodel.model"])
    if not count:
        return path
    warnings = read(path, False)[2]
    assert len(warnings) == count, f"{path}: {len(warnings)} warnings, {count} triangles"
    assert all("Invalid Attribute in namespace" in text for _, text in warnings), f"{path}: {warnings}"
    files["3D/3dmodel.model"] = model
    copy = path + ".strict.3mf"
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return copy


def strict(path):
    lib3mf, model, warnings = read(without_paint_color(path), True)
    assert not warnings, f"{path}: {warnings}"
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter, f"{path}: another unit"
    meshes = model.GetMeshObjects()
    count = 0
    while meshes.MoveNext():
        mesh = meshes.GetCurrentMeshObject()
        name = mesh.GetName()
        assert mesh.IsValid() and mesh.IsManifoldAndOriented(), f"{path}: {name} is not closed"
        for i in range(mesh.GetTriangleCount()):
            assert mesh.GetTriangleProperties(i).ResourceID, f"{path}: {name}: no colour of triangle {i}"
        count += 1
    print(f"{path}: {count} closed objects, every triangle coloured")


def watertight(path):
    import trimesh

    loaded = trimesh.load(path)
    meshes = list(loaded.geometry.items()) if hasattr(loaded, "geometry") else [(path, loaded)]
    for name, mesh in meshes:
        mesh.merge_vertices(merge_tex=True, merge_norm=True)
        assert mesh.is_watertight, f"{path}: {name} is not watertight"
        assert mesh.is_winding_consistent, f"{path}: {name} is wound both ways"
        assert mesh.volume > 0, f"{path}: {name} faces inward"
    print(f"{path}: {len(meshes)} watertight")


for file in sys.argv[1:]:
    strict(file) if file.endswith(".3mf") else watertight(file)
