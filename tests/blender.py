"""Opens mesh files in Blender as its menus do; prints each object's name, lowest and highest corner, and mean colour.

usage: blender.py FILE...; a line is "FILE: NAME x y z x y z r g b", in Blender's units and axes, and sRGB 0 to 255.
"""
import os
import pathlib
import sys

import bpy
import numpy

IMPORT = {".ply": bpy.ops.wm.ply_import, ".obj": bpy.ops.wm.obj_import, ".glb": bpy.ops.import_scene.gltf}


def picture(mesh):
    """The pixels, from below, that the first material shows, if it shows a picture."""
    nodes = mesh.materials[0].node_tree.nodes if mesh.materials else ()
    image = next((node.image for node in nodes if node.type == "TEX_IMAGE" and node.image), None)
    if image is None:
        return None
    pixels = numpy.empty(len(image.pixels), numpy.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], -1)[:, :, :3]


def colours(mesh):
    """Of each triangle, in its middle."""
    triangles = mesh.loop_triangles
    pixels = picture(mesh)
    if pixels is None:
        points = numpy.array([point.color_srgb[:3] for point in mesh.color_attributes[0].data])
        by_corner = mesh.color_attributes[0].domain == "CORNER"
        return points[[triangle.loops if by_corner else triangle.vertices for triangle in triangles]].mean(1)
    places = numpy.array([place.uv for place in mesh.uv_layers[0].data])
    middles = places[[triangle.loops for triangle in triangles]].mean(1)
    x, y = (middles * pixels.shape[1::-1]).astype(int).T
    return pixels[y, x]


for file in map(pathlib.Path, sys.argv[1:]):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    IMPORT[file.suffix](filepath=str(file))
    bpy.context.view_layer.update()
    for thing in bpy.data.objects:
        if thing.type == "MESH":
            points = numpy.array([thing.matrix_world @ vertex.co for vertex in thing.data.vertices])
            thing.data.calc_loop_triangles()
            areas = numpy.array([triangle.area for triangle in thing.data.loop_triangles])
            mean = 255 * numpy.average(colours(thing.data), axis=0, weights=areas)
            numbers = [*points.min(0), *points.max(0), *mean]
            print(f"{file.name}: {thing.name} " + " ".join(f"{number:.6f}" for number in numbers))

sys.stdout.flush()
os._exit(0)  # Blender as a module may crash while Python takes itself apart
