"""The only file that talks to Blender: a stage becomes a Cycles scene, of which rectangles are rendered on demand."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import bpy
import cv2
import mathutils
import numpy as np

from sample_videos.studio.mesh import Mesh, Surface
from sample_videos.studio.pictures import Picture
from sample_videos.studio.regions import Region
from sample_videos.studio.stage import Camera, Placed, Stage

CALM_SAMPLES = 8  # from here on a picture stays in view for seconds and deserves the denoiser's best


class Studio:
    """A stage loaded into Blender. Actors are shown and hidden by `show`; `render` gives pixels."""

    def __init__(self, stage: Stage, threads: int = 0) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.stage = stage
        self.scene = bpy.context.scene
        self._materials: dict[Surface, Any] = {}
        self._meshes: dict[int, tuple[Mesh, Any]] = {}
        self._objects: dict[int, Any] = {}
        self._file = Path(tempfile.mkdtemp(prefix="studio-")) / "region.png"
        self._configure(threads)
        self._lights()
        self._camera = self._aim(stage.camera)
        for mesh, matrix in stage.still:
            self._object(mesh).matrix_world = mathutils.Matrix(matrix.tolist())

    def _configure(self, threads: int) -> None:
        scene = self.scene
        scene.render.engine = "CYCLES"
        scene.cycles.device = "CPU"
        scene.cycles.use_denoising = True
        scene.cycles.denoiser = "OPENIMAGEDENOISE"
        scene.cycles.denoising_prefilter = "FAST"
        scene.cycles.max_bounces = 4
        scene.cycles.diffuse_bounces = 2
        scene.cycles.glossy_bounces = 2
        scene.cycles.transparent_max_bounces = 6
        scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
        scene.cycles.use_adaptive_sampling = False
        scene.cycles.use_light_tree = bool(self.stage.lamps)
        scene.render.use_persistent_data = True
        if threads:
            scene.render.threads_mode = "FIXED"
            scene.render.threads = threads
        scene.render.resolution_x, scene.render.resolution_y = self.stage.camera.width, self.stage.camera.height
        scene.view_settings.view_transform = "AgX"
        scene.view_settings.look = "AgX - Medium High Contrast"
        scene.view_settings.exposure = self.stage.light.exposure
        scene.render.image_settings.file_format = "PNG"
        scene.render.image_settings.compression = 0
        scene.render.filepath = str(self._file)

    def _lights(self) -> None:
        light = self.stage.light
        world = bpy.data.worlds.new("sky")
        self.scene.world = world
        world.use_nodes = True
        tree = world.node_tree
        background = tree.nodes["Background"]
        background.inputs["Strength"].default_value = light.sky
        ramp = tree.nodes.new("ShaderNodeValToRGB")
        ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[0].color = 0.0, (*light.horizon, 1)
        ramp.color_ramp.elements[1].position, ramp.color_ramp.elements[1].color = 0.45, (*light.zenith, 1)
        split = tree.nodes.new("ShaderNodeSeparateXYZ")
        coordinates = tree.nodes.new("ShaderNodeTexCoord")
        tree.links.new(coordinates.outputs["Generated"], split.inputs[0])
        tree.links.new(split.outputs["Z"], ramp.inputs[0])
        tree.links.new(ramp.outputs[0], background.inputs["Color"])
        if light.sun > 0:
            sun = bpy.data.lights.new("sun", "SUN")
            sun.energy, sun.angle, sun.color = light.sun, math.radians(light.softness), light.sun_colour
            holder = bpy.data.objects.new("sun", sun)
            holder.rotation_euler = mathutils.Vector(light.direction().tolist()).to_track_quat("-Z", "Y").to_euler()
            self.scene.collection.objects.link(holder)
        for lamp in self.stage.lamps:
            data = bpy.data.lights.new("lamp", "POINT")
            data.energy, data.color, data.shadow_soft_size = lamp.watts, lamp.colour, lamp.radius
            holder = bpy.data.objects.new("lamp", data)
            holder.location = lamp.position
            self.scene.collection.objects.link(holder)

    def _aim(self, spec: Camera) -> Any:
        data = bpy.data.cameras.new("camera")
        data.lens, data.sensor_width, data.clip_end = spec.lens, 36.0, 500.0
        holder = bpy.data.objects.new("camera", data)
        rows = spec.axes()
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rows.T, spec.position
        holder.matrix_world = mathutils.Matrix(matrix.tolist())
        self.scene.collection.objects.link(holder)
        self.scene.camera = holder
        return holder

    def view(self, spec: Camera, samples: int) -> Picture:
        """What another camera sees of the stage as it is, BGR uint8."""
        render = self.scene.render
        saved = render.resolution_x, render.resolution_y
        render.resolution_x, render.resolution_y = spec.width, spec.height
        self._aim(spec)
        try:
            return self.render(None, samples)
        finally:
            self.scene.camera = self._camera
            render.resolution_x, render.resolution_y = saved

    def _object(self, mesh: Mesh) -> Any:
        item = bpy.data.objects.new("part", self._mesh(mesh))
        self.scene.collection.objects.link(item)
        return item

    def _mesh(self, mesh: Mesh) -> Any:
        if id(mesh) in self._meshes:
            return self._meshes[id(mesh)][1]
        data = bpy.data.meshes.new("mesh")
        data.from_pydata(mesh.vertices, [], mesh.faces)
        slots: dict[Surface, int] = {}
        for surface in mesh.surfaces:
            if surface not in slots:
                slots[surface] = len(slots)
                data.materials.append(self._material(surface))
        data.polygons.foreach_set("material_index", [slots[s] for s in mesh.surfaces])
        data.polygons.foreach_set("use_smooth", mesh.smooth)
        if mesh.corners:
            layer = data.uv_layers.new(name="picture")
            for index, corners in mesh.corners.items():
                start = data.polygons[index].loop_start
                for k, uv in enumerate(corners):
                    layer.data[start + k].uv = uv
        data.update()
        self._meshes[id(mesh)] = (mesh, data)
        return data

    def _material(self, surface: Surface) -> Any:
        if surface not in self._materials:
            self._materials[surface] = _material(surface, self.stage.pictures)
        return self._materials[surface]

    def show(self, placed: dict[int, Placed]) -> None:
        """Put exactly these actors on the stage."""
        for key, item in self._objects.items():
            item.hide_render = key not in placed
        for key, state in placed.items():
            if key not in self._objects:
                self._objects[key] = self._object(state.mesh)
                self._objects[key].pass_index = key
            item = self._objects[key]
            data = self._mesh(state.mesh)
            if item.data is not data:
                item.data = data
            item.matrix_world = mathutils.Matrix(state.matrix.tolist())

    def render(self, region: Region | None, samples: int, seed: int = 0) -> Picture:
        """The picture, or the rectangle `region` of it, as BGR uint8."""
        scene = self.scene
        width, height = self.stage.camera.width, self.stage.camera.height
        scene.render.use_border = scene.render.use_crop_to_border = region is not None
        if region is not None:
            nudge = 0.25  # Blender cuts to whole pixels; keep clear of the rounding
            scene.render.border_min_x, scene.render.border_max_x = (region.x0 + nudge) / width, (region.x1 + nudge) / width
            low, high = height - region.y1, height - region.y0
            scene.render.border_min_y, scene.render.border_max_y = (low + nudge) / height, (high + nudge) / height
        scene.cycles.samples, scene.cycles.seed = samples, seed
        scene.cycles.denoising_quality = "HIGH" if samples >= CALM_SAMPLES else "FAST"
        bpy.ops.render.render(write_still=True)
        picture = cv2.imread(str(self._file), cv2.IMREAD_COLOR)
        if picture is None:
            raise RuntimeError("Blender wrote no picture")
        return np.asarray(picture, dtype=np.uint8)

    def render_ids(self, placed: dict[int, Placed]) -> Picture:
        """The actor id seen at each pixel's centre, uint8 (H, W), 0 where no actor is: one sample, no filter, no light."""
        self.show(placed)
        scene = self.scene
        material = bpy.data.materials.new("ids")
        material.use_nodes = True
        tree = material.node_tree
        tree.nodes.clear()
        info, divide = tree.nodes.new("ShaderNodeObjectInfo"), tree.nodes.new("ShaderNodeMath")
        divide.operation = "DIVIDE"
        divide.inputs[1].default_value = 255.0
        emission, output = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
        tree.links.new(info.outputs["Object Index"], divide.inputs[0])
        tree.links.new(divide.outputs[0], emission.inputs["Color"])
        tree.links.new(emission.outputs[0], output.inputs["Surface"])
        saved = scene.world, scene.view_settings.view_transform, scene.view_settings.look, scene.view_settings.exposure
        scene.view_layers[0].material_override = material
        scene.world = None
        scene.view_settings.view_transform, scene.view_settings.look, scene.view_settings.exposure = "Raw", "None", 0.0
        scene.cycles.use_denoising = False
        width, scene.cycles.filter_width = scene.cycles.filter_width, 0.01
        dither, scene.render.dither_intensity = scene.render.dither_intensity, 0.0
        try:
            picture = self.render(None, 1)
        finally:
            scene.view_layers[0].material_override = None
            scene.world = saved[0]
            scene.view_settings.view_transform, scene.view_settings.look, scene.view_settings.exposure = saved[1:]
            scene.cycles.use_denoising, scene.cycles.filter_width = True, width
            scene.render.dither_intensity = dither
        return np.ascontiguousarray(picture[:, :, 0])


def _material(surface: Surface, pictures: dict[str, Picture]) -> Any:
    """Nodes for one surface: a principled shader, a procedural grain or a picture on top."""
    material = bpy.data.materials.new(surface.name)
    material.use_nodes = True
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*surface.colour, 1)
    shader.inputs["Roughness"].default_value = surface.rough
    shader.inputs["Metallic"].default_value = surface.metal
    shader.inputs["Alpha"].default_value = 1 - surface.clear
    if surface.name.startswith("paint"):
        shader.inputs["Coat Weight"].default_value = 0.5
    colour = None
    if surface.picture:
        colour = _picture(tree, surface.picture, pictures[surface.picture])
    elif surface.grain in GRAINS:
        colour = _grain(tree, surface, shader)
    if colour is not None:
        tree.links.new(colour, shader.inputs["Base Color"])
    if surface.emit:
        shader.inputs["Emission Strength"].default_value = surface.emit
        shader.inputs["Emission Color"].default_value = (*surface.colour, 1)
        if colour is not None:
            tree.links.new(colour, shader.inputs["Emission Color"])
    return material


def _picture(tree: Any, name: str, picture: Picture) -> Any:
    height, width = picture.shape[:2]
    image = bpy.data.images.new(name, width, height)
    flat = np.ones((height, width, 4), dtype=np.float32)
    flat[:, :, :3] = picture[::-1].astype(np.float32) / 255.0
    image.pixels.foreach_set(flat.ravel())
    image.update()
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    node.extension = "EXTEND"
    return node.outputs["Color"]


# Scale of the noise (1/m), how far it darkens and lightens, and the bump's height, by name.
GRAINS = {"asphalt": (9.0, 0.35, 0.02), "paving": (1.2, 0.25, 0.0), "plaster": (0.8, 0.22, 0.0)}


def _grain(tree: Any, surface: Surface, shader: Any) -> Any:
    """Large stains and fine speckle over the surface's colour; paving also shows its joints."""
    fine, depth, _ = GRAINS[surface.grain]
    where = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
    total = None
    for scale, weight in ((fine, 0.5), (0.25, 0.5)):
        noise = tree.nodes.new("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = scale, 2.0
        tree.links.new(where, noise.inputs["Vector"])
        part = tree.nodes.new("ShaderNodeMapRange")
        part.inputs["From Min"].default_value, part.inputs["From Max"].default_value = 0.3, 0.7
        part.inputs["To Min"].default_value, part.inputs["To Max"].default_value = 1 - depth * weight, 1 + depth * weight
        tree.links.new(noise.outputs[0], part.inputs["Value"])
        total = _times(tree, total, part.outputs[0])
    if surface.grain == "paving":
        bricks = tree.nodes.new("ShaderNodeTexBrick")
        bricks.inputs["Scale"].default_value = 1.0
        bricks.inputs["Brick Width"].default_value, bricks.inputs["Row Height"].default_value = 0.4, 0.4
        bricks.inputs["Mortar Size"].default_value = 0.012
        bricks.offset = 0.0
        for name, value in (("Color1", 1.0), ("Color2", 0.86), ("Mortar", 0.55)):
            bricks.inputs[name].default_value = (value, value, value, 1)
        tree.links.new(where, bricks.inputs["Vector"])
        total = _times(tree, total, bricks.outputs["Color"])
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    mix.inputs[0].default_value = 1.0
    mix.inputs[6].default_value = (*surface.colour, 1)
    tree.links.new(total, mix.inputs[7])
    return mix.outputs[2]


def _times(tree: Any, left: Any, right: Any) -> Any:
    if left is None:
        return right
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = "MULTIPLY"
    tree.links.new(left, node.inputs[0])
    tree.links.new(right, node.inputs[1])
    return node.outputs[0]
