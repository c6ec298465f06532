"""The sky: Cycles' physical air with clouds, baked once to a picture: the air's tables take seconds a render."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import bpy
import numpy as np

from training.scenes.script import Light


def hang(light: Light) -> None:
    """Give the (still empty) scene the sky that belongs to this sun. The sun's disc itself is a lamp."""
    scene = bpy.context.scene
    scene.world = _air(light)
    eye = bpy.data.cameras.new("sky eye")
    eye.type = "PANO"
    eye.panorama_type = "EQUIRECTANGULAR"
    seat = bpy.data.objects.new("sky eye", eye)
    # Blender's environment pictures have east in the middle
    seat.rotation_euler = (math.radians(90), 0, math.radians(-90))
    scene.collection.objects.link(seat)
    view, scene.camera = scene.camera, seat
    scene.render.resolution_x, scene.render.resolution_y = 1024, 512
    scene.cycles.samples, scene.cycles.use_denoising = 2, False
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "sky.exr")
        bpy.ops.render.render(write_still=True)
        loaded = bpy.data.images.load(scene.render.filepath)
        pixels = np.empty(len(loaded.pixels), dtype=np.float32)
        loaded.pixels.foreach_get(pixels)
        bpy.data.images.remove(loaded)
    scene.camera = view
    bpy.data.objects.remove(seat)
    baked = bpy.data.images.new("sky", 1024, 512, float_buffer=True)
    baked.pixels.foreach_set(pixels)
    baked.pack()
    world = bpy.data.worlds.new("baked sky")
    world.use_nodes = True
    picture = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
    picture.image = baked
    world.node_tree.links.new(picture.outputs["Color"], world.node_tree.nodes["Background"].inputs["Color"])
    scene.world = world


def _air(light: Light) -> bpy.types.World:
    world = bpy.data.worlds.new("air")
    world.use_nodes = True
    tree = world.node_tree
    air = tree.nodes.new("ShaderNodeTexSky")
    air.sky_type, air.sun_disc, air.aerosol_density = "MULTIPLE_SCATTERING", False, 2.0
    air.sun_elevation, air.sun_rotation = math.radians(light.elevation), math.radians(light.azimuth)
    noise, where = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeTexCoord")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 2.2, 6.0
    cover = tree.nodes.new("ShaderNodeMapRange")
    cover.inputs["From Min"].default_value, cover.inputs["From Max"].default_value = 0.45, 0.7
    blend = tree.nodes.new("ShaderNodeMixRGB")
    blend.inputs["Color2"].default_value = (7.0, 7.2, 7.6, 1.0)
    tree.links.new(where.outputs["Generated"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Fac"], cover.inputs["Value"])
    tree.links.new(cover.outputs["Result"], blend.inputs["Fac"])
    tree.links.new(air.outputs["Color"], blend.inputs["Color1"])
    tree.links.new(blend.outputs["Color"], tree.nodes["Background"].inputs["Color"])
    return world
