"""Opens USDZ files with Pixar's library and asks its checker. A fault ends it with 1.

    python usd.py MILLIMETRES PARTS FILE...
"""
import sys

from pxr import Usd, UsdGeom, UsdShade, UsdValidation

CHECKER = UsdValidation.ValidationContext(UsdValidation.ValidationRegistry().GetOrLoadAllValidators())
tall, parts = float(sys.argv[1]), int(sys.argv[2])
for path in sys.argv[3:]:
    stage = Usd.Stage.Open(path)
    # All that usdchecker asks of a stage.
    faults = [(fault.GetName(), fault.GetMessage()) for fault in CHECKER.Validate(stage)]
    assert not faults, f"{path}: {faults}"
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1 and UsdGeom.GetStageUpAxis(stage) == "Y", path
    assert stage.GetDefaultPrim().GetName() == "figurine", path
    meshes = [UsdGeom.Mesh(prim) for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh)]
    assert len(meshes) == parts, f"{path}: {len(meshes)} meshes"
    box = UsdGeom.BBoxCache(Usd.TimeCode.Default(), [UsdGeom.Tokens.default_]).ComputeWorldBound(stage.GetDefaultPrim())
    low, high = box.ComputeAlignedRange().GetMin(), box.ComputeAlignedRange().GetMax()
    assert abs((high[1] - low[1]) * 1000 - tall) < 0.01 and abs(low[1]) < 1e-6, f"{path}: {low} to {high}"
    for mesh in meshes:
        good, why = UsdGeom.Mesh.ValidateTopology(mesh.GetFaceVertexIndicesAttr().Get(),
                                                  mesh.GetFaceVertexCountsAttr().Get(), len(mesh.GetPointsAttr().Get()))
        assert good, f"{path}: {mesh.GetPath()}: {why}"
        sides = {}
        corners = mesh.GetFaceVertexIndicesAttr().Get()
        for i in range(0, len(corners), 3):
            for a, b in [(0, 1), (1, 2), (2, 0)]:
                side = corners[i + a], corners[i + b]
                assert side not in sides, f"{path}: {mesh.GetPath()} has a side twice"
                sides[side] = True
        assert all((b, a) in sides for a, b in sides), f"{path}: {mesh.GetPath()} is open"
        primvars = UsdGeom.PrimvarsAPI(mesh)
        assert len(primvars.GetPrimvar("normals").ComputeFlattened()) == len(corners), path
        material = UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()[0]
        shader = material.ComputeSurfaceSource()[0]
        assert shader.GetIdAttr().Get() == "UsdPreviewSurface", path
        source = shader.GetInput("diffuseColor").GetConnectedSources()[0][0].source.GetPrim()
        picture = UsdShade.Shader(source)
        if picture.GetIdAttr().Get() == "UsdUVTexture":
            assert len(primvars.GetPrimvar("st").ComputeFlattened()) == len(corners), path
            assert picture.GetInput("file").Get().resolvedPath, f"{path}: the texture is not found"
        else:
            assert len(primvars.GetPrimvar("displayColor").Get()) == len(mesh.GetPointsAttr().Get()), path
    print(f"{path}: no fault")
