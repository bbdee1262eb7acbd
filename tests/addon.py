"""Installs the add-on in Blender as its preferences do, and uses it as a script would; fails where it errs.

usage: addon.py ADDON.py GEN3D PHOTO FOLDER
FOLDER is empty and takes all that is written. Blender keeps its own files where BLENDER_USER_RESOURCES says.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import bpy

addon, program, photo, folder = (pathlib.Path(word).resolve() for word in sys.argv[-4:])
tempfile.tempdir = str(folder / "temporary")
os.mkdir(tempfile.tempdir)


def settings():
    return bpy.context.window_manager.gen3d


def refusal(of=lambda: bpy.ops.gen3d.make()):
    """What a run says that must fail; nothing comes of it, and the panel shows the same."""
    there = set(bpy.data.objects), set(bpy.data.collections)
    try:
        of()
    except RuntimeError as error:
        said = str(error)
    else:
        raise AssertionError("it had to fail")
    assert (set(bpy.data.objects), set(bpy.data.collections)) == there, "a failure leaves the scene as it was"
    assert now().failed and now().run is None
    panel = " ".join(text for text, icon in drawn() if icon in ("ERROR", "BLANK1"))
    joined, whole = ("".join(text.split()) for text in (panel, said))  # the panel breaks a long path anywhere
    assert joined and joined in whole, f"the panel says {panel}, the report {said}"
    no_files()
    return said


def now():
    return sys.modules[addon.stem].Now


def no_files():
    assert not os.listdir(tempfile.tempdir), f"left behind: {os.listdir(tempfile.tempdir)}"


def drawn():
    """Labels of the panel with their icons, and its buttons and fields."""
    shown = []

    class Layout:
        enabled = use_property_split = use_property_decorate = True

        def column(self, **_):
            return self

        row = column

        def label(self, text, icon):
            shown.append((text, icon))

        def prop(self, owner, name, **_):
            assert name in owner.bl_rna.properties, f"there is no {name}"
            shown.append((name, "FIELD"))

        def operator(self, name, icon):
            assert icon in bpy.types.UILayout.bl_rna.functions["operator"].parameters["icon"].enum_items
            shown.append((name, "BUTTON"))

    panel = type("Drawn", (), {"layout": Layout()})()
    bpy.types.GEN3D_PT_panel.draw(panel, bpy.context)
    return shown


def sizes(collection):
    """Width, depth and height of all, and where it stands, in the scene's units."""
    bpy.context.view_layer.update()
    meshes = [thing for thing in collection.all_objects if thing.type == "MESH"]
    points = [thing.matrix_world @ vertex.co for thing in meshes for vertex in thing.data.vertices]
    low, high = ([pick(p[k] for p in points) for k in range(3)] for pick in (min, max))
    return [h - l for l, h in zip(low, high)], low[2]


def made(name, parts):
    """The collection of that name has these parts, textured, and nothing else changed."""
    assert bpy.ops.gen3d.make() == {"FINISHED"}
    collection = bpy.data.collections[name]
    meshes = [thing for thing in collection.all_objects if thing.type == "MESH"]
    names = sorted(thing.name.split(".")[0] for thing in meshes)
    assert names == sorted(parts), f"{names} arrived, {sorted(parts)} were made"
    pictures = {
        node.image
        for thing in meshes
        for node in thing.data.materials[0].node_tree.nodes
        if node.type == "TEX_IMAGE"
    }
    assert len(pictures) == 1 and all(picture.packed_file for picture in pictures), f"a texture for all: {pictures}"
    assert not now().failed and f"{len(parts)} parts" in " ".join(now().lines), now().lines
    no_files()
    return collection


# It is installed as by Install from Disk, and turned on.
bpy.ops.wm.read_factory_settings()
bpy.ops.preferences.addon_install(filepath=str(addon), overwrite=True)
bpy.ops.preferences.addon_enable(module=addon.stem)
preferences = bpy.context.preferences.addons[addon.stem].preferences
assert preferences.program == "gen3d", "without a word it is the one on the path"

# What it cannot do, it says.
preferences.program = str(folder / "nowhere")
assert "choose a photo" in refusal()
settings().photo = str(photo)
assert "nowhere was not found" in refusal()
preferences.program = str(addon)
assert "was not found" in refusal(), "a file that is no program"
preferences.program = str(program)
settings().photo = str(folder / "none.png")
assert "there is no file" in refusal()
broken = folder / "broken.png"
broken.write_text("not a picture")
settings().photo = str(broken)
told = subprocess.run([program, broken, "-o", folder / "x.glb", "--json"], stdout=subprocess.PIPE, check=False).stdout
assert json.loads(told)["error"]["message"].split(": ", 1)[1] in refusal(), "the program's own words"

# A figurine of a photo, in centimetres.
told = subprocess.run([program, photo, "-o", folder / "told.glb", "--json"], stdout=subprocess.PIPE, check=True).stdout
parts = [part["name"] for part in json.loads(told)["parts"]]
settings().photo, settings().height = str(photo), 0.12
units = bpy.context.scene.unit_settings
assert (units.system, units.length_unit) == ("METRIC", "METERS"), "as Blender begins"
size, stands = sizes(made(photo.stem, parts))
assert abs(size[2] - 0.12) < 1e-4 and abs(stands) < 1e-5, f"{size}, {stands}"
assert size[2] > size[1], f"it stands upright: {size}"
assert units.length_unit == "CENTIMETERS"
things = {icon: [name for name, of in drawn() if of == icon] for icon in ("FIELD", "BUTTON", "INFO")}
assert things["FIELD"] == ["photo", "words", "height", "seed", "set_unit"], things
assert things["BUTTON"] == ["gen3d.make"] and things["INFO"], things

# In a scene in millimetres, with a second collection of that name; inches are left alone.
units.scale_length, units.system, settings().height = 0.001, "IMPERIAL", 50.0
size, stands = sizes(made(photo.stem + ".001", parts))
assert abs(size[2] - 50) < 0.05 and abs(stands) < 0.01, f"{size}, {stands}"
assert units.system == "IMPERIAL"
units.scale_length = 1.0

# Neither the photo's place nor the words are saved.
settings().words, settings().height = "on a round base", 0.1
saved = folder / "saved.blend"
bpy.ops.wm.save_as_mainfile(filepath=str(saved), compress=False)
content = saved.read_bytes()
for private in (str(photo), settings().words, str(folder / "temporary")):
    assert private.encode() not in content, f"{private} is in the .blend file"

# Words alone.
settings().photo, settings().words = "", "a bear, on a base"
assert bpy.ops.gen3d.make("INVOKE_DEFAULT") == {"FINISHED"}, "without a window it waits, too"
assert "a bear on a base" in bpy.data.collections

# One that takes long is stopped: its process is gone, and so is its folder.
slow = folder / "slow"
slow.write_text("#!/bin/sh\necho '{\"progress\":0.25,\"stage\":\"denoise\"}' >&2\nexec sleep 600\n")
slow.chmod(0o755)
preferences.program = str(slow)
seen = []


def stop():
    while not (now().run and now().run.share == 0.25):
        time.sleep(0.02)
    seen.append(now().run.process)
    seen.append(drawn())
    now().run.stop()


stopping = threading.Thread(target=stop)
stopping.start()
begun = time.monotonic()
assert bpy.ops.gen3d.make() == {"CANCELLED"}
stopping.join()
assert time.monotonic() - begun < 10 and seen[0].poll() is not None, "the process is gone"
assert ("gen3d.cancel", "BUTTON") in seen[1] and ("share", "FIELD") in seen[1], seen[1]
assert now().lines == ("Stopped.",)
no_files()

# Who dies without a word is told of, too; who does not heed is ended.
for script, words in (("echo oh dear >&2; exit 3", "ended with 3: oh dear"), ("exit 0", "ended with 0")):
    slow.write_text(f"#!/bin/sh\n{script}\n")
    assert words in refusal(), script
slow.write_text("#!/bin/sh\ntrap '' TERM\necho '{\"progress\":0.25}' >&2\nwhile :; do sleep 0.1; done\n")
stopping = threading.Thread(target=stop)
stopping.start()
assert bpy.ops.gen3d.make() == {"CANCELLED"}
stopping.join()
assert seen[2].poll() is not None
no_files()

bpy.ops.preferences.addon_disable(module=addon.stem)
assert not hasattr(bpy.types.WindowManager, "gen3d") and not hasattr(bpy.types, "GEN3D_PT_panel")
print(f"the add-on works in Blender {bpy.app.version_string}: {', '.join(parts)}", flush=True)
os._exit(0)  # Blender as a module may crash while Python takes itself apart
