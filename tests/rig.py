"""Opens a .glb in Blender, turns a bone by 90 degrees, and prints the bones, and each mesh's volume before and after."""
import math
import os
import sys

import bpy
from mathutils import Matrix

file, bone = sys.argv[1:3]
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.gltf(filepath=file)
rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
print("bones", " ".join(bone.name for bone in rig.data.bones))


def volumes():
    graph = bpy.context.evaluated_depsgraph_get()
    found = {}
    for thing in bpy.data.objects:
        if thing.type == "MESH" and thing.find_armature() == rig:
            shown = thing.evaluated_get(graph)
            mesh = shown.to_mesh()
            mesh.calc_loop_triangles()
            at = [shown.matrix_world @ vertex.co for vertex in mesh.vertices]
            corners = ([at[v] for v in triangle.vertices] for triangle in mesh.loop_triangles)
            found[thing.name] = sum(a.dot(b.cross(c)) / 6 for a, b, c in corners)
    return found


before = volumes()
moved = rig.pose.bones[bone]
place = moved.matrix.translation.copy()
turn = Matrix.Translation(place) @ Matrix.Rotation(math.radians(90), 4, "X") @ Matrix.Translation(-place)
moved.matrix = turn @ moved.matrix
bpy.context.view_layer.update()
after = volumes()
for name, volume in before.items():
    print("mesh", name, volume, after[name])
sys.stdout.flush()
os._exit(0)  # Blender as a module may crash while Python takes itself apart
