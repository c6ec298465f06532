"""The few doors to Blender that the other files share, so that its very optional types are met in one place."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import bpy
import numpy as np
from numpy.typing import NDArray

Value = float | tuple[float, float, float] | tuple[float, float, float, float]


def scene() -> bpy.types.Scene:
    """Return the scene that is worked on."""
    return cast(bpy.types.Scene, bpy.context.scene)


def layer() -> bpy.types.ViewLayer:
    """Return its only view layer."""
    return cast(bpy.types.ViewLayer, bpy.context.view_layer)


def dress(thing: object, **settings: object) -> None:
    """Set properties by name; a name that Blender does not know raises AttributeError instead of vanishing."""
    for name, value in settings.items():
        if not hasattr(thing, name):
            raise AttributeError(f"{thing} has no property {name}")
        setattr(thing, name, value)


class Nodes:
    """The node tree of a material or a world."""

    def __init__(self, owner: bpy.types.Material | bpy.types.World) -> None:
        owner.use_nodes = True
        self._tree = cast(bpy.types.NodeTree, owner.node_tree)

    def clear(self) -> None:
        """Take all nodes away."""
        self._tree.nodes.clear()

    def __getitem__(self, name: str) -> bpy.types.Node:
        return self._tree.nodes[name]

    def add(self, kind: str, **settings: object) -> bpy.types.Node:
        """Return a new node `ShaderNode<kind>`."""
        node = self._tree.nodes.new(f"ShaderNode{kind}")
        dress(node, **settings)
        return node

    def link(self, source: bpy.types.Node, output: str | int, target: bpy.types.Node, socket: str | int) -> None:
        """Lead an output into an input."""
        self._tree.links.new(source.outputs[output], target.inputs[socket])


def dial(node: bpy.types.Node, **inputs: Value) -> None:
    """Set a node's inputs; underscores in a name stand for spaces (`Base_Color`)."""
    for name, value in inputs.items():
        dress(node.inputs[name.replace("_", " ")], default_value=value)


def image(name: str, rgba: NDArray[np.float32], exact: bool = False) -> bpy.types.Image:
    """Return an array (height, width, 4), first row on top, as an image; `exact` keeps linear floats."""
    high, wide = rgba.shape[:2]
    made = bpy.data.images.new(name, wide, high, float_buffer=exact)
    values = cast("bpy.types.bpy_prop_array[float]", made.pixels)
    values.foreach_set(np.ascontiguousarray(rgba[::-1]).ravel())
    made.pack()
    return made


def read_image(path: Path) -> NDArray[np.float32]:
    """Return a rendered file as an array (height, width, channels), first row on top."""
    loaded = bpy.data.images.load(str(path))
    values = cast("bpy.types.bpy_prop_array[float]", loaded.pixels)
    flat = np.empty(len(values), dtype=np.float32)
    values.foreach_get(flat)
    width, height = loaded.size[0], loaded.size[1]
    bpy.data.images.remove(loaded)
    return np.ascontiguousarray(flat.reshape(int(height), int(width), -1)[::-1])
