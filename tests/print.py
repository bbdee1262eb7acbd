"""Shows 3MF files to lib3mf, in its strict mode, and other meshes to trimesh. A fault ends it with 1."""
import sys


def strict(path):
    import lib3mf

    wrapper = lib3mf.get_wrapper()
    model = wrapper.CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromFile(path)
    warnings = [reader.GetWarning(i) for i in range(reader.GetWarningCount())]
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
