"""Uses the add-on in a Blender with a window, as a person does: the button, Esc, and the sidebar, which is drawn into
pictures.

usage: blender --factory-startup --enable-event-simulate --python addon_window.py -- ADDON.py GEN3D PHOTO FOLDER
"""
import os
import pathlib
import sys
import traceback

import bpy
import numpy

numpy.bool = bool  # Debian's Blender 3.4 has an importer that is older than its numpy

addon, program, photo, folder = (pathlib.Path(word).resolve() for word in sys.argv[-4:])

bpy.ops.preferences.addon_install(filepath=str(addon), overwrite=True)
bpy.ops.preferences.addon_enable(module=addon.stem)
preferences = bpy.context.preferences.addons[addon.stem].preferences
preferences.program = str(program)
now = sys.modules[addon.stem].Now

bpy.context.preferences.view.show_splash = False
# In the sidebar of an empty scene is no other tab than ours.
for panel in bpy.types.Panel.__subclasses__():
    place = getattr(panel, "bl_space_type", ""), getattr(panel, "bl_region_type", "")
    if place == ("VIEW_3D", "UI") and panel.bl_category != "gen3d" and panel.is_registered:
        bpy.utils.unregister_class(panel)


def view():
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return window, area, region


def press():
    window, area, region = view()
    with bpy.context.temp_override(window=window, area=area, region=region):
        assert bpy.ops.gen3d.make("INVOKE_DEFAULT") == {"RUNNING_MODAL"}, now.lines


def shoot(name):
    window, area, region = view()
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.screen.screenshot(filepath=str(folder / name))


def click(window, x, y, key="LEFTMOUSE"):
    """Goes there, and presses it."""
    window.event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=y)
    for value in ("PRESS", "RELEASE"):
        yield
        window.event_simulate(type=key, value=value, x=x, y=y)


def pause():
    """Blender draws what has changed."""
    yield from range(10)


def walk():
    """What a person does, with a pause for Blender at each yield."""
    window, area, _ = view()
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    space = area.spaces[0]
    space.show_region_ui, space.shading.type, space.overlay.show_extras = True, "MATERIAL", False
    yield from pause()
    settings = bpy.context.window_manager.gen3d
    settings.photo, settings.height = str(photo), 0.12
    yield from pause()
    press()
    while now.run:
        yield
    assert not now.failed and photo.stem in bpy.data.collections, now.lines
    yield from pause()
    # Since something is selected, there is a tab of Blender above ours.
    sidebar = next(region for region in area.regions if region.type == "UI")
    yield from click(window, sidebar.x + sidebar.width - 12, sidebar.y + sidebar.height - 76)
    yield from pause()
    shoot("made.png")
    assert bpy.context.scene.unit_settings.length_unit == "CENTIMETERS"

    slow = folder / "slow"
    slow.write_text("#!/bin/sh\necho '{\"progress\":0.42,\"stage\":\"denoise\"}' >&2\nexec sleep 600\n")
    slow.chmod(0o755)
    preferences.program = str(slow)
    press()
    while now.run.share != 0.42:
        yield
    yield from pause()
    shoot("running.png")
    process, place = now.run.process, now.run.folder
    yield from click(window, window.width // 3, window.height // 2, "ESC")
    while now.run:
        yield
    assert now.lines == ("Stopped.",) and process.poll() is not None and not os.path.exists(place)

    settings.photo = str(addon)
    preferences.program = str(program)
    press()
    while now.run:
        yield
    assert now.failed, now.lines
    yield from pause()
    shoot("failed.png")
    print(f"the add-on works in the window of Blender {bpy.app.version_string}", flush=True)


steps = walk()


def step():
    try:
        next(steps)
        return 0.1
    except StopIteration:
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


bpy.app.timers.register(step, first_interval=0.5)
