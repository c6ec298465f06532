"""Surfaces: painted pictures and plain colours as Cycles materials, kept by name so that objects share them."""

from __future__ import annotations

import bpy
import numpy as np
from PIL import Image

from training.scenes import blender
from training.scenes.blender import Nodes, dial

Rgb = tuple[float, float, float]
SURFACE = "Principled BSDF"


def _picture(name: str, image: Image.Image) -> bpy.types.Image:
    return blender.image(name, np.asarray(image.convert("RGBA"), dtype=np.float32) / np.float32(255))


def _blank(name: str) -> tuple[bpy.types.Material, Nodes, bpy.types.Node]:
    material = bpy.data.materials.new(name)
    nodes = Nodes(material)
    return material, nodes, nodes[SURFACE]


def plain(colour: Rgb, rough: float = 0.7, metal: float = 0.0, glow: float = 0.0) -> bpy.types.Material:
    """Return one linear colour."""
    name = f"plain {colour} {rough} {metal} {glow}"[:63]
    if name in bpy.data.materials:
        return bpy.data.materials[name]
    material, _, surface = _blank(name)
    dial(surface, Base_Color=(*colour, 1.0), Roughness=rough, Metallic=metal)
    if glow:
        dial(surface, Emission_Color=(*colour, 1.0), Emission_Strength=glow)
    return material


def car_paint(colour: Rgb) -> bpy.types.Material:
    """Lacquer: a base under a clear coat."""
    name = f"lacquer {colour}"[:63]
    if name in bpy.data.materials:
        return bpy.data.materials[name]
    material, _, surface = _blank(name)
    dial(surface, Base_Color=(*colour, 1.0), Roughness=0.35, Coat_Weight=0.8, Coat_Roughness=0.04)
    return material


def glass() -> bpy.types.Material:
    """Dark tinted glass that mirrors the street (no refraction: nobody looks through it here)."""
    return plain((0.012, 0.015, 0.017), 0.03)


def painted(
    name: str, image: Image.Image, rough: float = 0.85, shiny: Image.Image | None = None, bump: float = 0.0
) -> bpy.types.Material:
    """Return a painted surface; where `shiny` is white it is smooth glass."""
    material, nodes, surface = _blank(name)
    colour = nodes.add("TexImage", image=_picture(name, image))
    nodes.link(colour, "Color", surface, "Base Color")
    dial(surface, Roughness=rough)
    if shiny is not None:
        mask = _picture(name + " glass", shiny)
        blender.dress(mask.colorspace_settings, name="Non-Color")
        where, blend = nodes.add("TexImage", image=mask), nodes.add("MapRange")
        dial(blend, To_Min=rough, To_Max=0.03)
        nodes.link(where, "Color", blend, "Value")
        nodes.link(blend, "Result", surface, "Roughness")
    if bump:
        dent = nodes.add("Bump")
        dial(dent, Strength=bump, Distance=0.01)
        nodes.link(colour, "Color", dent, "Height")
        nodes.link(dent, "Normal", surface, "Normal")
    return material


def leaf(colour: Rgb) -> bpy.types.Material:
    """Return a leaf lets part of the light through."""
    material, nodes, surface = _blank(f"leaf {colour}"[:63])
    dial(surface, Base_Color=(*colour, 1.0), Roughness=0.6)
    through, mix = nodes.add("BsdfTranslucent"), nodes.add("MixShader")
    dial(through, Color=(colour[0] * 1.3, colour[1] * 1.3, colour[2] * 0.6, 1.0))
    dial(mix, Fac=0.35)
    nodes.link(surface, "BSDF", mix, 1)
    nodes.link(through, "BSDF", mix, 2)
    nodes.link(mix, "Shader", nodes["Material Output"], "Surface")
    return material
