"""Draw a model as Blender sees it, without its window.

    PYTHON evaluate/opened.py MODEL.usdz PICTURE.png      (a Python that has Blender as the module bpy)
"""
import math, sys
import bpy
from mathutils import Vector


def main(path, picture):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.usd_import(filepath=path)
    scene = bpy.context.scene
    points = [o.matrix_world @ Vector(c) for o in scene.objects if o.type == 'MESH' for c in o.bound_box]
    low, high = (Vector([pick(p[k] for p in points) for k in range(3)]) for pick in (min, max))
    middle, turn = (low+high)/2, math.radians(20)
    camera = bpy.data.objects.new('camera', bpy.data.cameras.new('camera'))
    camera.location = middle+Vector((math.sin(turn), -math.cos(turn), .25))*(high-low).length*1.45
    camera.rotation_euler = (middle-camera.location).to_track_quat('-Z', 'Y').to_euler()
    sun = bpy.data.objects.new('sun', bpy.data.lights.new('sun', 'SUN'))
    sun.data.energy, sun.rotation_euler = 2, (.7, .2, .5)
    for thing in (camera, sun): scene.collection.objects.link(thing)
    scene.camera, scene.world = camera, bpy.data.worlds.new('grey')
    scene.world.use_nodes = True
    scene.world.node_tree.nodes['Background'].inputs[0].default_value = (.8, .82, .85, 1)
    scene.render.engine, scene.cycles.samples = 'CYCLES', 24
    scene.render.resolution_x, scene.render.resolution_y, scene.render.filepath = 480, 600, picture
    scene.view_settings.view_transform = 'Standard'
    bpy.ops.render.render(write_still=True)


if __name__ == '__main__': main(*sys.argv[1:])
