"""Opens mesh files in Blender as its menus do; prints each object's name, lowest and highest point."""
import pathlib
import sys

import bpy

IMPORT = {".ply": bpy.ops.wm.ply_import, ".obj": bpy.ops.wm.obj_import, ".glb": bpy.ops.import_scene.gltf}

for file in map(pathlib.Path, sys.argv[1:]):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    IMPORT[file.suffix](filepath=str(file))
    bpy.context.view_layer.update()
    for thing in bpy.data.objects:
        if thing.type == "MESH":
            heights = [(thing.matrix_world @ vertex.co).z for vertex in thing.data.vertices]
            print(f"{file.name}: {thing.name} {min(heights):.6f} {max(heights):.6f}")
