# Opens the scenes of its project in Godot 3; prints each mesh's name, lowest and highest corner, and mean colour, and
# keeps a picture of each scene, FILE.png.
# usage: godot3 --path PROJECT -s godot.gd; each FILE.glb of the project was imported before.
# A line is "FILE: NAME x y z x y z r g b", in Godot's units, Y up, and sRGB 0 to 255.
extends SceneTree

func _initialize():
	var folder = Directory.new()
	folder.open("res://")
	folder.list_dir_begin()
	var name = folder.get_next()
	while name != "":
		if name.ends_with(".glb"):
			var scene = load("res://" + name).instance()
			root.add_child(scene)
			tell(name, scene)
			yield(shoot(name), "completed")
			scene.free()
		name = folder.get_next()
	quit()

func tell(file, thing):
	if thing is MeshInstance:
		print("%s: %s %s" % [file, thing.name, numbers(thing)])
	for child in thing.get_children():
		tell(file, child)

func numbers(thing):
	var low = Vector3.INF
	var high = -Vector3.INF
	var mean = Vector3.ZERO
	var areas = 0.0
	for surface in thing.mesh.get_surface_count():
		var arrays = thing.mesh.surface_get_arrays(surface)
		var material = thing.mesh.surface_get_material(surface)
		var picture = material.albedo_texture.get_data()
		if picture.is_compressed():
			picture.decompress()
		picture.lock()
		var points = arrays[Mesh.ARRAY_VERTEX]
		var places = arrays[Mesh.ARRAY_TEX_UV]
		var corners = arrays[Mesh.ARRAY_INDEX]
		for point in points:
			point = thing.global_transform.xform(point)
			for k in 3:
				low[k] = min(low[k], point[k])
				high[k] = max(high[k], point[k])
		for i in range(0, len(corners), 3):
			var a = corners[i]
			var b = corners[i + 1]
			var c = corners[i + 2]
			var area = (points[b] - points[a]).cross(points[c] - points[a]).length()
			var place = (places[a] + places[b] + places[c]) / 3 * picture.get_size()
			var colour = picture.get_pixel(int(place.x), int(place.y)) * material.albedo_color
			mean += area * Vector3(colour.r, colour.g, colour.b)
			areas += area
	mean *= 255 / areas
	return "%f %f %f %f %f %f %f %f %f" % [low.x, low.y, low.z, high.x, high.y, high.z, mean.x, mean.y, mean.z]

func shoot(name):
	var camera = Camera.new()
	root.add_child(camera)
	camera.near = 0.01
	camera.translation = Vector3(0.06, 0.08, 0.18)
	camera.look_at(Vector3(0, 0.05, 0), Vector3.UP)
	camera.current = true
	var sun = DirectionalLight.new()
	root.add_child(sun)
	sun.rotation_degrees = Vector3(-40, 20, 0)
	for frame in 3:
		yield(self, "idle_frame")
	var picture = root.get_texture().get_data()
	picture.flip_y()
	picture.save_png("res://" + name + ".png")
	camera.free()
	sun.free()
