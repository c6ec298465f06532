"""The sky: Cycles' physical air with clouds, baked once to a picture: the air's tables take seconds a render."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import bpy
import numpy as np

from training.scenes import blender
from training.scenes.blender import Nodes, dial, dress
from training.scenes.script import Light

SIZE = (1024, 512)


def hang(light: Light) -> None:
    """Give the (still empty) scene the sky that belongs to this sun. The sun's disc itself is a lamp."""
    scene = blender.scene()
    scene.world = _air(light)
    eye = bpy.data.cameras.new("sky eye")
    dress(eye, type="PANO", panorama_type="EQUIRECTANGULAR")
    seat = bpy.data.objects.new("sky eye", eye)
    # Blender's environment pictures have east in the middle
    seat.rotation_euler = (math.radians(90), 0, math.radians(-90))
    scene.collection.objects.link(seat)
    view, scene.camera = scene.camera, seat
    dress(scene.render, resolution_x=SIZE[0], resolution_y=SIZE[1])
    dress(scene.cycles, samples=2, use_denoising=False)
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "sky.exr")
        bpy.ops.render.render(write_still=True)
        pixels = blender.read_image(Path(scene.render.filepath))
    scene.camera = view
    bpy.data.objects.remove(seat)
    rgba = np.dstack([pixels[..., :3], np.ones(pixels.shape[:2], dtype=np.float32)])
    world = bpy.data.worlds.new("baked sky")
    nodes = Nodes(world)
    picture = nodes.add("TexEnvironment", image=blender.image("sky", rgba, exact=True))
    nodes.link(picture, "Color", nodes["Background"], "Color")
    scene.world = world


def _air(light: Light) -> bpy.types.World:
    world = bpy.data.worlds.new("air")
    nodes = Nodes(world)
    air = nodes.add("TexSky", sky_type="MULTIPLE_SCATTERING", sun_disc=False, aerosol_density=2.0)
    dress(air, sun_elevation=math.radians(light.elevation), sun_rotation=math.radians(light.azimuth))
    noise, where = nodes.add("TexNoise"), nodes.add("TexCoord")
    cover, blend = nodes.add("MapRange"), nodes.add("MixRGB")
    dial(noise, Scale=2.2, Detail=6.0)
    dial(cover, From_Min=0.45, From_Max=0.7)
    dial(blend, Color2=(7.0, 7.2, 7.6, 1.0))
    nodes.link(where, "Generated", noise, "Vector")
    nodes.link(noise, "Fac", cover, "Value")
    nodes.link(cover, "Result", blend, "Fac")
    nodes.link(air, "Color", blend, "Color1")
    nodes.link(blend, "Color", nodes["Background"], "Color")
    return world
