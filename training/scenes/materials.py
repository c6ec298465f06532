"""Surfaces: painted pictures and plain colours as Cycles materials, kept by name so that objects share them."""

from __future__ import annotations

import bpy
import numpy as np
from PIL import Image

Rgb = tuple[float, float, float]


def picture(name: str, image: Image.Image) -> bpy.types.Image:
    """A pillow picture as a Blender image, sRGB."""
    wide, high = image.size
    made = bpy.data.images.new(name, wide, high)
    rgba = np.asarray(image.convert("RGBA"), dtype=np.float32)[::-1] / 255
    made.pixels.foreach_set(np.ascontiguousarray(rgba).ravel())
    made.pack()
    return made


def _blank(name: str) -> tuple[bpy.types.Material, bpy.types.Node]:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    return material, material.node_tree.nodes["Principled BSDF"]


def plain(colour: Rgb, rough: float = 0.7, metal: float = 0.0, glow: float = 0.0) -> bpy.types.Material:
    """One linear colour."""
    name = f"plain {colour} {rough} {metal} {glow}"
    if name[:63] in bpy.data.materials:
        return bpy.data.materials[name[:63]]
    material, surface = _blank(name[:63])
    surface.inputs["Base Color"].default_value = (*colour, 1.0)
    surface.inputs["Roughness"].default_value = rough
    surface.inputs["Metallic"].default_value = metal
    if glow:
        surface.inputs["Emission Color"].default_value = (*colour, 1.0)
        surface.inputs["Emission Strength"].default_value = glow
    return material


def car_paint(colour: Rgb) -> bpy.types.Material:
    """Lacquer: a base under a clear coat."""
    name = f"lacquer {colour}"[:63]
    if name in bpy.data.materials:
        return bpy.data.materials[name]
    material, surface = _blank(name)
    surface.inputs["Base Color"].default_value = (*colour, 1.0)
    surface.inputs["Roughness"].default_value = 0.35
    surface.inputs["Coat Weight"].default_value = 0.8
    surface.inputs["Coat Roughness"].default_value = 0.04
    return material


def glass() -> bpy.types.Material:
    """Dark tinted glass that mirrors the street (no refraction: nobody looks through it here)."""
    return plain((0.012, 0.015, 0.017), 0.03)


def painted(
    name: str, image: Image.Image, rough: float = 0.85, shiny: Image.Image | None = None, bump: float = 0.0
) -> bpy.types.Material:
    """A painted surface; where `shiny` is white it is smooth glass."""
    material, surface = _blank(name)
    tree = material.node_tree
    colour = tree.nodes.new("ShaderNodeTexImage")
    colour.image = picture(name, image)
    tree.links.new(colour.outputs["Color"], surface.inputs["Base Color"])
    surface.inputs["Roughness"].default_value = rough
    if shiny is not None:
        mask = tree.nodes.new("ShaderNodeTexImage")
        mask.image = picture(name + " glass", shiny.convert("RGB"))
        mask.image.colorspace_settings.name = "Non-Color"
        blend = tree.nodes.new("ShaderNodeMapRange")
        blend.inputs["To Min"].default_value = rough
        blend.inputs["To Max"].default_value = 0.03
        tree.links.new(mask.outputs["Color"], blend.inputs["Value"])
        tree.links.new(blend.outputs["Result"], surface.inputs["Roughness"])
    if bump:
        dent = tree.nodes.new("ShaderNodeBump")
        dent.inputs["Strength"].default_value = bump
        dent.inputs["Distance"].default_value = 0.01
        tree.links.new(colour.outputs["Color"], dent.inputs["Height"])
        tree.links.new(dent.outputs["Normal"], surface.inputs["Normal"])
    return material


def leaf(colour: Rgb) -> bpy.types.Material:
    """A leaf lets part of the light through."""
    material, surface = _blank(f"leaf {colour}"[:63])
    tree = material.node_tree
    surface.inputs["Base Color"].default_value = (*colour, 1.0)
    surface.inputs["Roughness"].default_value = 0.6
    through = tree.nodes.new("ShaderNodeBsdfTranslucent")
    through.inputs["Color"].default_value = (colour[0] * 1.3, colour[1] * 1.3, colour[2] * 0.6, 1.0)
    mix = tree.nodes.new("ShaderNodeMixShader")
    mix.inputs["Fac"].default_value = 0.35
    out = tree.nodes["Material Output"]
    tree.links.new(surface.outputs["BSDF"], mix.inputs[1])
    tree.links.new(through.outputs["BSDF"], mix.inputs[2])
    tree.links.new(mix.outputs["Shader"], out.inputs["Surface"])
    return material
