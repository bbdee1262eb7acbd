"""Draw a model as Blender sees it, without its window.

    PYTHON evaluate/opened.py MODEL PICTURE.png [BONE=X,Y,Z ...]      (a Python that has Blender as the module bpy)

A .glb with a skeleton is drawn see-through, with its bones; each BONE that is named is turned by so many degrees about
the axes of the figure, which faces -Y.
"""
import math, os, sys
import bpy
from mathutils import Matrix, Vector

BONE, JOINT = (1, .35, .02, 1), (1, .95, .8, 1)  # linear


def opened(path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if path.endswith('.usdz'): bpy.ops.wm.usd_import(filepath=path)
    else: bpy.ops.import_scene.gltf(filepath=path, disable_bone_shape=True)


def turn(rig, name, degrees):
    """Turns a bone about its joint."""
    bone = rig.pose.bones[name]
    place = Matrix.Translation(bone.matrix.translation)
    for axis, angle in zip('XYZ', degrees):
        bone.matrix = place@Matrix.Rotation(math.radians(angle), 4, axis)@place.inverted()@bone.matrix
        bpy.context.view_layer.update()


def glowing(name, colour):
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    glow = nodes.new('ShaderNodeEmission')
    glow.inputs[0].default_value = colour
    links.new(glow.outputs[0], nodes['Material Output'].inputs[0])
    return material


def thinned(material, share):
    """So that the bones show through."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    out = next(node for node in nodes if node.type == 'OUTPUT_MATERIAL')
    own = out.inputs[0].links[0].from_socket
    mix, clear = nodes.new('ShaderNodeMixShader'), nodes.new('ShaderNodeBsdfTransparent')
    mix.inputs[0].default_value = share
    links.new(own, mix.inputs[1])
    links.new(clear.outputs[0], mix.inputs[2])
    links.new(mix.outputs[0], out.inputs[0])


def bones(rig, size):
    """A cone from each joint to where its bone ends, and a ball at the joint."""
    bone, joint = glowing('bone', BONE), glowing('joint', JOINT)
    for pose in rig.pose.bones:
        if pose.name == 'Root': continue
        # Where the last of a row ends no file of this kind tells.
        ends = [child.head for child in pose.children] or [pose.head+.6*(pose.head-pose.parent.head)]
        head, tail = rig.matrix_world@pose.head, rig.matrix_world@ends[0]
        way = tail-head
        bpy.ops.mesh.primitive_cone_add(
            vertices=12, radius1=.016*size, radius2=.002*size, depth=way.length, location=(head+tail)/2
        )
        bpy.context.object.rotation_euler = way.to_track_quat('Z', 'Y').to_euler()
        bpy.context.object.data.materials.append(bone)
        bpy.ops.mesh.primitive_uv_sphere_add(segments=16, ring_count=8, radius=.018*size, location=head)
        bpy.context.object.data.materials.append(joint)


def main(path, picture, *turns):
    opened(path)
    scene = bpy.context.scene
    points = [o.matrix_world @ Vector(c) for o in scene.objects if o.type == 'MESH' for c in o.bound_box]
    low, high = (Vector([pick(p[k] for p in points) for k in range(3)]) for pick in (min, max))
    for rig in [o for o in scene.objects if o.type == 'ARMATURE']:
        for word in turns: turn(rig, word.split('=')[0], [float(v) for v in word.split('=')[1].split(',')])
        for material in bpy.data.materials: thinned(material, .45)
        bones(rig, (high-low).z)
    middle, angle = (low+high)/2, math.radians(20)
    camera = bpy.data.objects.new('camera', bpy.data.cameras.new('camera'))
    camera.location = middle+Vector((math.sin(angle), -math.cos(angle), .25))*(high-low).length*1.45
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
    sys.stdout.flush()
    os._exit(0)  # Blender as a module may crash while Python takes itself apart


if __name__ == '__main__': main(*sys.argv[1:])
