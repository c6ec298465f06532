"""Cycles on the CPU: set a view and a light, get linear pictures and object masks as arrays."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from training.scenes import sky
from training.scenes.camera import Pose, axes
from training.scenes.script import Light

SUN = 6.0  # irradiance of the unclouded sun, arbitrary units; the exposure below is chosen with it
SKY = 0.2
EXPOSURE = 1.45
Window = tuple[int, int, int, int]  # x1, y1, x2, y2, half-open pixels


def start(threads: int, light: Light) -> None:
    """An empty scene with Cycles, a sun lamp and the sky that belongs to `light`'s sun."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.use_persistent_data = True
    cycles = scene.cycles
    cycles.device, cycles.use_adaptive_sampling = "CPU", False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 2, 1, 1
    cycles.transmission_bounces, cycles.transparent_max_bounces = 1, 2
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    scene.render.image_settings.color_mode = "RGB"
    scene.render.film_transparent = False
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.angle = math.radians(0.7)
    scene.collection.objects.link(bpy.data.objects.new("sun", lamp))
    view = bpy.data.objects.new("view", bpy.data.cameras.new("view"))
    scene.collection.objects.link(view)
    scene.camera = view
    sky.hang(light)
    _mask_material()


def _mask_material() -> None:
    """Everything glows with its object's pass index: a picture of who is where."""
    material = bpy.data.materials.new("mask")
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    info, glow = tree.nodes.new("ShaderNodeObjectInfo"), tree.nodes.new("ShaderNodeEmission")
    out = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(info.outputs["Object Index"], glow.inputs["Strength"])
    tree.links.new(glow.outputs["Emission"], out.inputs["Surface"])


def look(pose: Pose) -> None:
    """Put the camera."""
    scene, view = bpy.context.scene, bpy.data.objects["view"]
    scene.render.resolution_x, scene.render.resolution_y = pose.width, pose.size_v
    view.data.sensor_fit, view.data.sensor_width = "HORIZONTAL", 36.0
    view.data.lens = pose.focal / pose.width * 36.0
    view.data.clip_end = 600.0
    forward, right, down = axes(pose)
    turn = np.stack([right, -down, -forward], axis=1)
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, (pose.east, pose.north, pose.height)
    view.matrix_world = Matrix(matrix.tolist())


def shine(light: Light) -> None:
    """Set sun and sky. Both are linear in `light.through`, so pictures of two lights can be blended."""
    lamp = bpy.data.objects["sun"]
    lamp.data.energy = SUN * light.through
    lamp.data.color = (1.0, 0.9, 0.76)
    lamp.rotation_euler = (math.radians(90 - light.elevation), 0.0, math.radians(180 - light.azimuth))
    background = bpy.context.scene.world.node_tree.nodes["Background"]
    background.inputs["Strength"].default_value = SKY * (1.45 - 0.45 * light.through)


def picture(samples: int, window: Window | None = None) -> NDArray[np.float32]:
    """Render; linear RGB (height, width, 3) of the window, or of the whole picture."""
    scene = bpy.context.scene
    scene.cycles.samples, scene.cycles.use_denoising = samples, True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.cycles.denoising_prefilter = "FAST"
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BLACKMAN_HARRIS", 1.5
    return _render(window)


def masks(window: Window | None = None) -> NDArray[np.int32]:
    """The pass index of what each pixel's centre shows (height, width); 0 is nobody in particular."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    background = scene.world.node_tree.nodes["Background"].inputs["Strength"]
    bright, background.default_value = background.default_value, 0.0
    layer.material_override = bpy.data.materials["mask"]
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "BOX", 0.01
    bounces, scene.cycles.max_bounces = scene.cycles.max_bounces, 0
    try:
        return np.rint(_render(window)[..., 0]).astype(np.int32)
    finally:
        layer.material_override, background.default_value = None, bright
        scene.cycles.max_bounces = bounces


def _render(window: Window | None) -> NDArray[np.float32]:
    scene = bpy.context.scene
    render = scene.render
    wide, high = render.resolution_x, render.resolution_y
    render.use_border = render.use_crop_to_border = window is not None
    if window is not None:
        x1, y1, x2, y2 = window
        # Blender cuts the fractions off; a hundredth of a pixel more keeps 141.9999 from becoming 141
        render.border_min_x, render.border_max_x = (x1 + 0.01) / wide, (x2 + 0.01) / wide
        render.border_min_y, render.border_max_y = (high - y2 + 0.01) / high, (high - y1 + 0.01) / high
    with tempfile.TemporaryDirectory() as folder:
        render.filepath = str(Path(folder) / "picture.exr")
        bpy.ops.render.render(write_still=True)
        loaded = bpy.data.images.load(render.filepath)
        flat = np.empty(len(loaded.pixels), dtype=np.float32)
        loaded.pixels.foreach_get(flat)
        width, height = loaded.size
        bpy.data.images.remove(loaded)
    return np.ascontiguousarray(flat.reshape(height, width, -1)[::-1, :, :3])


def develop(linear: NDArray[np.float32], exposure: float = EXPOSURE) -> NDArray[np.uint8]:
    """Linear light to an sRGB picture, with a film-like shoulder (ACES curve as fitted by K. Narkowicz, 2015)."""
    x = linear * exposure * 0.6
    toned = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    encoded = np.where(toned <= 0.0031308, 12.92 * toned, 1.055 * toned ** (1 / 2.4) - 0.055)
    return (encoded * 255 + 0.5).astype(np.uint8)
