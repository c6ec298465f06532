"""Cycles on the CPU: set a view and a light, get linear pictures and object masks as arrays."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import cast

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from training.scenes import blender, sky
from training.scenes.blender import Nodes, dial, dress
from training.scenes.camera import CameraPose, axes
from training.scenes.film import Window
from training.scenes.script import Light

SUN = 6.0  # irradiance of the unclouded sun, arbitrary units; the film's exposure is chosen with it
SKY = 0.2
_BOUNCES = 2


def start(threads: int, light: Light) -> None:
    """Start an empty scene with Cycles, a sun lamp and the sky that belongs to `light`'s sun."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = blender.scene()
    dress(scene.render, engine="CYCLES", threads_mode="FIXED", threads=threads, use_persistent_data=True)
    dress(scene.cycles, device="CPU", use_adaptive_sampling=False, sample_clamp_indirect=4.0)
    dress(scene.cycles, max_bounces=_BOUNCES, diffuse_bounces=1, glossy_bounces=1, transmission_bounces=1)
    dress(scene.cycles, transparent_max_bounces=2, caustics_reflective=False, caustics_refractive=False)
    dress(scene.cycles, use_light_tree=False)  # one sun and a sky: building the tree took as long as a picture
    dress(scene.render.image_settings, file_format="OPEN_EXR", color_depth="32", color_mode="RGB")
    lamp = bpy.data.lights.new("sun", "SUN")
    dress(lamp, angle=math.radians(0.7), color=(1.0, 0.9, 0.76))
    scene.collection.objects.link(bpy.data.objects.new("sun", lamp))
    view = bpy.data.objects.new("view", bpy.data.cameras.new("view"))
    scene.collection.objects.link(view)
    scene.camera = view
    sky.hang(light)
    _mask_material()


def _mask_material() -> None:
    """Everything glows with its object's pass index: a picture of who is where."""
    nodes = Nodes(bpy.data.materials.new("mask"))
    nodes.clear()
    info, glow, out = nodes.add("ObjectInfo"), nodes.add("Emission"), nodes.add("OutputMaterial")
    nodes.link(info, "Object Index", glow, "Strength")
    nodes.link(glow, "Emission", out, "Surface")


def look(pose: CameraPose) -> None:
    """Put the camera."""
    dress(blender.scene().render, resolution_x=pose.width, resolution_y=pose.size_v)
    lens = bpy.data.cameras["view"]
    dress(lens, sensor_fit="HORIZONTAL", sensor_width=36.0, lens=pose.focal / pose.width * 36.0, clip_end=600.0)
    forward, right, down = axes(pose)
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = (
        np.stack([right, -down, -forward], axis=1),
        (pose.east, pose.north, pose.height),
    )
    bpy.data.objects["view"].matrix_world = Matrix(matrix.tolist())


def shine(light: Light) -> None:
    """Set sun and sky. Both are linear in `light.through`, so pictures of two lights can be blended."""
    dress(bpy.data.lights["sun"], energy=SUN * light.through)
    turn = (math.radians(90 - light.elevation), 0.0, math.radians(180 - light.azimuth))
    bpy.data.objects["sun"].rotation_euler = turn
    _sky_strength(SKY * (1.45 - 0.45 * light.through))


def _sky_strength(strength: float) -> None:
    world = cast(bpy.types.World, blender.scene().world)
    dial(Nodes(world)["Background"], Strength=strength)


def picture(samples: int, window: Window | None = None) -> NDArray[np.float32]:
    """Render; linear RGB (height, width, 3) of the window, or of the whole picture."""
    return _render_all(samples, window)[..., :3]


def _render_all(samples: int, window: Window | None = None) -> NDArray[np.float32]:
    cycles = blender.scene().cycles
    dress(cycles, samples=samples, use_denoising=True, denoiser="OPENIMAGEDENOISE", denoising_prefilter="FAST")
    # of one or two samples the fast network makes as good a picture, in half the time
    dress(cycles, denoising_quality="FAST" if samples <= 2 else "HIGH")
    dress(cycles, pixel_filter_type="BLACKMAN_HARRIS", filter_width=1.5)
    return _render(window)


def cut_out(samples: int) -> NDArray[np.float32]:
    """Render before nothing: linear RGB times coverage, and the coverage (height, width, 4); shadows are covered black.

    Wants `film_transparent`, and shadow catchers where shadows are to fall.
    """
    dress(blender.scene().render.image_settings, color_mode="RGBA")
    try:
        return _render_all(samples)
    finally:
        dress(blender.scene().render.image_settings, color_mode="RGB")


def masks(window: Window | None = None) -> NDArray[np.int32]:
    """Return the pass index of what each pixel's centre shows (height, width); 0 is nobody in particular.

    Leaves the sky dark: `shine` before the next picture.
    """
    cycles, layer = blender.scene().cycles, blender.layer()
    _sky_strength(0.0)
    dress(cycles, samples=1, use_denoising=False, pixel_filter_type="BOX", filter_width=0.01, max_bounces=0)
    layer.material_override = bpy.data.materials["mask"]
    try:
        return np.rint(_render(window)[..., 0]).astype(np.int32)
    finally:
        layer.material_override = None
        dress(cycles, max_bounces=_BOUNCES)


def _render(window: Window | None) -> NDArray[np.float32]:
    render = blender.scene().render
    wide, high = render.resolution_x, render.resolution_y
    dress(render, use_border=window is not None, use_crop_to_border=window is not None)
    if window is not None:
        x1, y1, x2, y2 = window
        # Blender cuts the fractions off; a hundredth of a pixel more keeps 141.9999 from becoming 141
        dress(render, border_min_x=(x1 + 0.01) / wide, border_max_x=(x2 + 0.01) / wide)
        dress(render, border_min_y=(high - y2 + 0.01) / high, border_max_y=(high - y1 + 0.01) / high)
    with tempfile.TemporaryDirectory() as folder:
        render.filepath = str(Path(folder) / "picture.exr")
        bpy.ops.render.render(write_still=True)
        return blender.read_image(Path(render.filepath))
