"""gen3d in Blender: a photo, or a few words, become a figurine of named, coloured parts in the scene.

The panel is in the sidebar of the 3D view (N), under "gen3d". The program gen3d makes the figurine, beside Blender,
which goes on meanwhile; it must be installed on this machine, and nothing leaves that. The names of photos and the
words are not saved in .blend files.
"""

import json
import os
import shutil
import subprocess
import tempfile
import textwrap
import time

import addon_utils
import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

bl_info = {
    "name": "gen3d",
    "author": "gen3d",
    "version": (1, 0, 0),
    "blender": (4, 2, 0),
    "location": "3D View > Sidebar > gen3d",
    "description": "A photo, or a few words, become a figurine of named, coloured parts",
    "category": "Import-Export",
}

# How often the program is asked how far it is, seconds.
OFTEN = 0.1
# How long it has to end by itself once it was told to, seconds.
GRACE = 3.0


class Failure(Exception):
    """What a person is told of a run that came to nothing."""


class Run:
    """A run of the program, and the folder of what it writes, which goes away with it."""

    def __init__(self, program, photo, words, metres, seed):
        """Starts it. Raises Failure where that cannot be done."""
        self.name, self.metres = name_of(photo, words), metres
        self.stage, self.share, self.ends_at = "starting", 0.0, None
        self.folder = tempfile.mkdtemp(prefix="gen3d-")
        self.figurine = os.path.join(self.folder, self.name + ".glb")
        command = [program, *([photo] if photo else []), *([f"--prompt={words}"] if words else [])]
        command += ["-o", self.figurine, "--height", f"{1000 * metres:.3f}mm", "--seed", str(seed)]
        command += ["--json", "--progress"]
        # Files take whatever the program says, and it never has to wait for somebody to read it.
        out, err = (os.path.join(self.folder, name) for name in ("out", "err"))
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        try:
            with open(out, "wb") as to_out, open(err, "wb") as to_err:
                self.process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=to_out, stderr=to_err, creationflags=flags
                )
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise Failure(f"{program} cannot be started: {error.strerror}") from error
        self.out, self.err = (open(path, encoding="utf-8", errors="replace") for path in (out, err))
        self.begun, self.said = "", []

    def is_over(self):
        """Takes in how far the program is; whether it has ended."""
        if self.ends_at is not None and time.monotonic() > self.ends_at:
            self.process.kill()
        over = self.process.poll() is not None
        # The last line may be half written.
        *lines, self.begun = (self.begun + self.err.read()).split("\n")
        for line in lines:
            told = read_json(line)
            if "progress" in told:
                self.share, self.stage = told["progress"], told.get("stage") or "making"
            elif line.strip():
                self.said.append(line.strip())
        return over

    def stop(self):
        """Asks the program to end, and sees to it that it does."""
        if self.ends_at is None:
            self.ends_at = time.monotonic() + GRACE
            self.stage = "stopping"
            self.process.terminate()

    def notes(self):
        """What the program remarked on the figurine. Raises Failure where it made none."""
        told = [read_json(line) for line in self.out]
        for line in told:
            if "error" in line:
                raise Failure(line["error"]["message"])
        if self.process.returncode != 0 or not os.path.isfile(self.figurine):
            last = self.said[-1] if self.said else "it says nothing"
            raise Failure(f"gen3d ended with {self.process.returncode}: {last}")
        return [note for line in told for note in line.get("notes", [])]

    def close(self):
        """Nothing is left of it, however far it was."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for file in (self.out, self.err):
            file.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def read_json(line):
    """The object that a line is, or an empty one where it is none."""
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def name_of(photo, words):
    """What the figurine is called: after the photo, or after the words."""
    if photo:
        return os.path.splitext(os.path.basename(photo))[0]
    letters = "".join(c if c.isalnum() else " " for c in words)
    return " ".join(letters.split())[:40].strip() or "figurine"


def find_program(name):
    """Where the program is. Raises Failure where it is not."""
    name = os.path.expanduser(bpy.path.abspath(name.strip())) or "gen3d"
    # A Blender that no terminal started may not know where cargo puts programs.
    found = shutil.which(name) or shutil.which(name, path=os.path.expanduser("~/.cargo/bin"))
    if not found:
        raise Failure(
            f"{name} was not found: install gen3d, or say in Preferences > Add-ons > gen3d where it is"
        )
    return found


def begin(context):
    """Starts a run with what the panel says. Raises Failure where that makes no sense."""
    settings = context.window_manager.gen3d
    photo, words = bpy.path.abspath(settings.photo.strip()), settings.words.strip()
    if not photo and not words:
        raise Failure("choose a photo, or say in words what it is to be")
    if photo and not os.path.isfile(photo):
        raise Failure(f"there is no file {photo}")
    metres = settings.height * context.scene.unit_settings.scale_length
    program = find_program(context.preferences.addons[__name__].preferences.program)
    return Run(program, photo and os.path.abspath(photo), words, metres, settings.seed)


def bring_in(context, run):
    """The figurine becomes objects in a collection of its own, all selected; gives the collection."""
    if context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    addon_utils.enable("io_scene_gltf2")  # somebody may have turned it off
    there = set(bpy.data.collections)
    try:
        bpy.ops.import_scene.gltf(filepath=run.figurine)
    except RuntimeError as error:
        # Where it stumbled comes first, and where it was called from last.
        lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("Location:")]
        raise Failure(f"the figurine cannot be imported: {lines[-1]}") from error
    # The importer selects what it made, and where that lies depends on Blender's version.
    made = list(context.selected_objects)
    collection = bpy.data.collections.new(run.name)
    context.scene.collection.children.link(collection)
    for thing in made:
        for other in thing.users_collection:
            other.objects.unlink(thing)
        collection.objects.link(thing)
    for other in set(bpy.data.collections) - there - {collection}:
        if not other.all_objects:
            bpy.data.collections.remove(other)
    for thing in made:
        if thing.type == "EMPTY":
            thing.empty_display_size = run.metres / context.scene.unit_settings.scale_length / 4
    return collection


def show_centimetres(units, metres):
    """A scene without a unit has metres; one that shows metres shows centimetres, where the figurine is below one."""
    if units.system == "NONE":
        units.system = "METRIC"
    if units.system == "METRIC" and units.length_unit == "METERS" and metres < 1:
        units.length_unit = "CENTIMETERS"


def look_at_selected(context):
    """The view in which the button was pressed shows all of the figurine."""
    area = context.area
    region = area and next((region for region in area.regions if region.type == "WINDOW"), None)
    if area and area.type == "VIEW_3D" and region:
        with context.temp_override(area=area, region=region):
            bpy.ops.view3d.view_selected()


class Now:
    """What goes on: the run, if there is one, and what was last told."""

    run = None
    lines = ()
    failed = False

    @classmethod
    def tell(cls, *lines, failed=False):
        cls.lines, cls.failed = lines, failed

    @classmethod
    def end(cls):
        """There is no run any more, and nothing left of it."""
        run, cls.run = cls.run, None
        if run:
            run.close()


def redraw(context):
    """The panels show how far the run is."""
    if Now.run:
        context.window_manager.gen3d.share = 100 * Now.run.share
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


class GEN3D_OT_make(bpy.types.Operator):
    """Make a figurine of the photo or of the words, and bring it into the scene"""

    bl_idname = "gen3d.make"
    bl_label = "Make Figurine"
    bl_options = {"UNDO"}

    timer = None

    @classmethod
    def poll(cls, _context):
        return Now.run is None

    def invoke(self, context, _event):
        """A person pressed the button, and goes on working."""
        if bpy.app.background:
            return self.execute(context)
        if not self.begin(context):
            return {"CANCELLED"}
        self.timer = context.window_manager.event_timer_add(OFTEN, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if Now.run is None:  # the add-on was turned off and on again
            self.leave(context)
            return {"CANCELLED"}
        if event.type == "ESC" and event.value == "PRESS":
            Now.run.stop()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        over = Now.run.is_over()
        redraw(context)
        return self.end(context) if over else {"PASS_THROUGH"}

    def execute(self, context):
        """A script wants it, and waits."""
        if not self.begin(context):
            return {"CANCELLED"}
        try:
            while not Now.run.is_over():
                time.sleep(OFTEN)
        except KeyboardInterrupt:
            Now.run.stop()
        return self.end(context)

    def cancel(self, context):
        """Blender ends, or opens another file."""
        self.leave(context)

    def begin(self, context):
        try:
            Now.run = begin(context)
        except Failure as failure:
            self.fail(failure)
            return False
        Now.tell()
        redraw(context)
        return True

    def end(self, context):
        """The program has ended, well or not."""
        try:
            if Now.run.ends_at is not None:
                Now.tell("Stopped.")
                return {"CANCELLED"}
            notes = Now.run.notes()
            collection = bring_in(context, Now.run)
            if context.window_manager.gen3d.set_unit:
                show_centimetres(context.scene.unit_settings, Now.run.metres)
            look_at_selected(context)
            parts = sum(thing.type == "MESH" for thing in collection.objects)
            Now.tell(f"{collection.name}: {parts} parts", *notes)
            self.report({"INFO"}, f"gen3d: {collection.name} has {parts} parts")
            return {"FINISHED"}
        except Failure as failure:
            self.fail(failure)
            return {"CANCELLED"}
        finally:
            self.leave(context)

    def fail(self, failure):
        Now.tell(str(failure), failed=True)
        self.report({"ERROR"}, f"gen3d: {failure}")

    def leave(self, context):
        if self.timer:
            context.window_manager.event_timer_remove(self.timer)
        Now.end()
        redraw(context)


class GEN3D_OT_cancel(bpy.types.Operator):
    """Stop making the figurine (Esc does the same)"""

    bl_idname = "gen3d.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context):
        return Now.run is not None

    def execute(self, _context):
        Now.run.stop()
        return {"FINISHED"}


class GEN3D_PT_panel(bpy.types.Panel):
    """What it is made from, the button, and what came of it"""

    bl_label = "gen3d"
    bl_category = "gen3d"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"

    def draw(self, context):
        layout, settings = self.layout, context.window_manager.gen3d
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        column.enabled = Now.run is None
        for name in ("photo", "words", "height", "seed", "set_unit"):
            column.prop(settings, name)
        if Now.run:
            row = layout.row()
            row.enabled = False
            row.use_property_split = False
            row.prop(settings, "share", text=Now.run.stage.replace("_", " ").capitalize(), slider=True)
            layout.operator("gen3d.cancel", icon="CANCEL")
        else:
            layout.operator("gen3d.make", icon="MESH_MONKEY")
        # A label does not go on in a second line by itself.
        region, scale = context.region, context.preferences.system.ui_scale
        letters = max(20, int(region.width / (8 * scale)) - 4) if region else 40
        column = layout.column(align=True)
        for text in Now.lines:
            for number, line in enumerate(textwrap.wrap(text, letters)):
                icon = "BLANK1" if number else "ERROR" if Now.failed else "INFO"
                column.label(text=line, icon=icon)


class GEN3D_Settings(bpy.types.PropertyGroup):
    """What the panel says. It belongs to the window manager, which .blend files do not keep."""

    photo: StringProperty(name="Photo", subtype="FILE_PATH", description="Shows somebody whole, from the front")
    words: StringProperty(
        name="Words", description="What it is, as 'a bear on a base'; or what is to be changed of the photo"
    )
    height: FloatProperty(name="Height", unit="LENGTH", default=0.1, min=0.0001, soft_max=10.0, precision=3)
    seed: IntProperty(name="Seed", min=0, description="Another number, another figurine")
    set_unit: BoolProperty(
        name="Centimetres", default=True, description="The scene shows lengths in centimetres, if it showed metres"
    )
    share: FloatProperty(name="Done", subtype="PERCENTAGE", min=0, max=100, precision=0)


class GEN3D_Preferences(bpy.types.AddonPreferences):
    """Where the program is"""

    bl_idname = __name__

    program: StringProperty(
        name="Program", subtype="FILE_PATH", default="gen3d", description="gen3d, where it is not on the path"
    )

    def draw(self, _context):
        self.layout.prop(self, "program")


CLASSES = (GEN3D_Settings, GEN3D_Preferences, GEN3D_OT_make, GEN3D_OT_cancel, GEN3D_PT_panel)


def register():
    for kind in CLASSES:
        bpy.utils.register_class(kind)
    bpy.types.WindowManager.gen3d = PointerProperty(type=GEN3D_Settings, options={"SKIP_SAVE"})


def unregister():
    Now.end()
    del bpy.types.WindowManager.gen3d
    for kind in reversed(CLASSES):
        bpy.utils.unregister_class(kind)
