"""Draws the scene with OpenGL, without a screen: on a graphics card, or in software by Mesa's llvmpipe.

Everything is one mesh whose vertices move with up to four bones (an instrument is moved by one), so a frame
is a list of matrices and four draw calls: the shadow as the key light sees the scene, the scene in four
samples a pixel, what is around each pixel, and the image made of all that. The room behind does not change
and is drawn once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import moderngl
import numpy as np
import numpy.typing as npt

from apvg_core.errors import DependencyError
from apvg_core.virtual.stage.camera import FAR, NEAR, Camera, look_at
from apvg_core.virtual.stage.materials import MATERIALS, NUMBER, PAINTERS, finishes, linear, shader_names
from apvg_core.virtual.stage.room import KINDS, Room

Array = npt.NDArray[np.float64]

MAX_BONES: Final = 80
_SAMPLES: Final = 2
"""Samples of a pixel in either direction; `shaders/finish.frag` counts on it."""

_SHADOW_EDGE: Final = 1024
_LIT_REACH, _LIT_DEPTH = 1.6, 4.0
"""Half the width and half the depth of the space in which the key light casts shadows, metres."""

_HEADLESS: Final[dict[str, Any]] = {"backend": "egl"}
"""Settings that moderngl hands on to glcontext; its own types know no single one of them."""

_KEY: Final = np.array([-0.45, 0.75, 0.65])
_FILL: Final = np.array([0.85, 0.25, 0.5])
_BACK: Final = np.array([0.45, 0.55, -0.70])
"""Directions towards the lights in the camera's axes: x right, y up, z back."""


@dataclass(frozen=True)
class Surface:
    """A surface to draw: triangles painted with one material.

    Attributes:
        vertices: (V, 3) at rest, metres.
        normals: (V, 3) at rest, of length one.
        canvas: (V, 3) the position by which it is painted, metres.
        faces: (F, 3) indices of vertices.
        bones: (V, 4) which of the frame's matrices move a vertex.
        weights: (V, 4) their shares.
        material: A name in `materials.MATERIALS`.
    """

    vertices: Array
    normals: Array
    canvas: Array
    faces: npt.NDArray[np.int64]
    bones: npt.NDArray[np.uint8]
    weights: Array
    material: str


def _to_light(direction: Array, centre: Array) -> Array:
    """From the world to the key light's axes, in metres from `centre`, z towards the light [shape=(4, 4)]."""
    matrix = look_at(direction, np.zeros(3))
    matrix[:3, 3] = -matrix[:3, :3] @ centre
    return matrix


class Renderer:
    """Draws one scene, frame by frame; it holds an OpenGL context until it is closed."""

    def __init__(
        self,
        surfaces: Sequence[Surface],
        *,
        palette: Array,
        paint: Mapping[str, float],
        camera: Camera,
        room: Room,
        width: int,
        height: int,
    ) -> None:
        """Load a scene, and draw the room behind it.

        Args:
            surfaces: The surfaces to draw.
            palette: (materials, 3) colours, as `materials.palette` gives them.
            paint: The settings of `shaders/paint.glsl`.
            camera: Where it is seen from; the lights stand beside it.
            room: What is behind.
            width: Width of the image, pixels.
            height: Height of the image, pixels.

        Raises:
            DependencyError: OpenGL cannot be had on this machine.
        """
        try:
            self._gl = moderngl.create_context(require=330, standalone=True, **_HEADLESS)
        except Exception as error:  # glcontext raises bare exceptions
            raise DependencyError(
                "OpenGL without a screen is needed (EGL); on Debian: "
                "apt-get install libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri"
            ) from error
        gl, size = self._gl, (width, height)
        gl.depth_func = "<="
        self._images = {
            painter: gl.program(
                vertex_shader=_shader("move.glsl", "image.vert"),
                fragment_shader=_shader("surface.glsl", f"{painter}.glsl", "shadow.glsl", "image.frag"),
            )
            for painter in PAINTERS
        }
        self._shadow, self._depth = (
            gl.program(
                vertex_shader=_shader("move.glsl", "depth.vert"), fragment_shader=_shader("depth.frag")
            )
            for _ in range(2)
        )
        self._around, self._finish = (
            gl.program(vertex_shader=_shader("screen.vert"), fragment_shader=_shader("screen.glsl", *names))
            for names in (("shadow.glsl", "around.frag"), ("finish.frag",))
        )
        self._matrices = gl.buffer(reserve=MAX_BONES * 64)
        self._matrices.bind_to_uniform_block(0)

        view, half_view = camera.view(), np.array(np.tan(np.radians(camera.degrees) / 2))
        key, fill, back = (
            direction @ view[:3, :3] / np.linalg.norm(direction) for direction in (_KEY, _FILL, _BACK)
        )
        to_light = _to_light(key, camera.target)
        box = np.diag([1 / _LIT_REACH, 1 / _LIT_REACH, -1 / _LIT_DEPTH, 1.0])
        _set(self._shadow, {"seen": (box @ to_light).T})
        seen = (camera.projection(width / height) @ view).T
        _set(self._depth, {"seen": seen})
        lights = {"to_light": to_light.T, "key": key, "fill": fill, "back": back}
        uniforms = {"seen": seen, "eye": camera.eye, "camera": view[:3, :3].T, **lights}
        uniforms |= {"palette": palette, "finishes": finishes()}
        uniforms |= {name: np.array(value) for name, value in paint.items()}
        for program in self._images.values():
            _set(program, {name: value for name, value in uniforms.items() if name in program})
        _set(self._around, {"size": np.array(size), "half_view": half_view})
        _set(self._around, {"view": view.T, "to_light": to_light.T})
        _set(self._finish, {"size": np.array(size)})

        self._load(surfaces)
        corners = gl.buffer(np.array([-1, -1, 3, -1, -1, 3], "f4").tobytes())
        self._look_around, self._develop = (
            gl.vertex_array(program, [(corners, "2f", "corner")]) for program in (self._around, self._finish)
        )
        scaled = (_SAMPLES * width, _SAMPLES * height)
        textures = {
            "shadow": _map(gl, (_SHADOW_EDGE, _SHADOW_EDGE)),
            "colours": gl.texture(scaled, 4, dtype="f2"),
            "normals": gl.texture(scaled, 4),
            "depths": _map(gl, scaled),
            "around": gl.texture(size, 4, dtype="f2"),
            "room": _photograph(gl, room, camera, size, corners),
        }
        for place, (name, texture) in enumerate(textures.items()):
            texture.use(place)
            for program in (*self._images.values(), self._around, self._finish):
                if name in program:
                    _member(program, name).value = place
        self._shadow_target = gl.framebuffer(depth_attachment=textures["shadow"])
        self._nearest = gl.framebuffer(depth_attachment=textures["depths"])
        self._samples = gl.framebuffer([textures["colours"], textures["normals"]], textures["depths"])
        self._samples.depth_mask = False
        self._neighbours = gl.framebuffer([textures["around"]])
        self._target = gl.framebuffer([gl.renderbuffer(size, 3)])

    def _load(self, surfaces: Sequence[Surface]) -> None:
        """Put all into one buffer of vertices, and their triangles into one for each painter."""
        starts = np.cumsum([0, *(len(surface.vertices) for surface in surfaces)])
        floats = [
            np.hstack(
                [
                    s.vertices,
                    s.normals,
                    s.canvas,
                    np.full((len(s.vertices), 1), NUMBER[s.material]),
                    s.weights,
                ]
            )
            for s in surfaces
        ]
        attributes = self._gl.buffer(np.vstack(floats).astype("f4").tobytes())
        bones = self._gl.buffer(np.vstack([surface.bones for surface in surfaces]).tobytes())
        faces: dict[str, list[npt.NDArray[np.int64]]] = {}
        for surface, start in zip(surfaces, starts, strict=False):
            faces.setdefault(MATERIALS[surface.material].painter, []).append(surface.faces + start)
        names = ("position", "normal", "canvas", "material", "weights")
        layout = [(attributes, "3f 3f 3f 1f 4f", *names), (bones, "4u1", "bones")]
        self._painted = [
            self._gl.vertex_array(self._images[painter], layout, self._index(parts))
            for painter, parts in faces.items()
        ]
        layout = [(attributes, "3f 28x 4f", "position", "weights"), (bones, "4u1", "bones")]
        everything = self._index([part for parts in faces.values() for part in parts])
        self._shadows, self._depths = (
            self._gl.vertex_array(program, layout, everything) for program in (self._shadow, self._depth)
        )

    def _index(self, faces: Sequence[npt.NDArray[np.int64]]) -> moderngl.Buffer:
        return self._gl.buffer(np.vstack(faces).astype("i4").tobytes())

    def draw(self, matrices: Array) -> npt.NDArray[np.uint8]:
        """Draw one frame.

        Args:
            matrices: (bones, 4, 4) what moves the scene's vertices.

        Returns:
            (height, width, 3) RGB.
        """
        self._matrices.write(np.swapaxes(matrices, 1, 2).astype("f4").tobytes())
        # all is closed or hemmed, so nothing is seen from inside
        self._gl.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        for target, drawn in ((self._shadow_target, self._shadows), (self._nearest, self._depths)):
            target.use()
            target.clear(depth=1.0)
            drawn.render()
        # light is computed for what is nearest only
        self._samples.use()
        self._samples.clear()  # its depths are masked
        for drawn in self._painted:
            drawn.render()
        self._gl.enable_only(moderngl.NOTHING)
        for target, drawn in ((self._neighbours, self._look_around), (self._target, self._develop)):
            target.use()
            drawn.render()
        width, height = self._target.size
        pixels = np.frombuffer(self._target.read(components=3, alignment=1), np.uint8)
        return pixels.reshape(height, width, 3)[::-1]

    def close(self) -> None:
        """Give the context back."""
        self._gl.release()


def _photograph(
    gl: moderngl.Context, room: Room, camera: Camera, size: tuple[int, int], corners: moderngl.Buffer
) -> moderngl.Texture:
    """Draw the room as the camera sees it, focused on its target; in linear light."""
    forward = (camera.target - camera.eye) * np.array([1.0, 0, 1.0])
    angle = np.arctan2(-forward[0], -forward[2]) + room.turn
    cos, sin = np.cos(angle), np.sin(angle)
    to_room = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
    foot = np.array([camera.target[0], 0, camera.target[2]]) - room.depth * to_room[2]
    program = gl.program(vertex_shader=_shader("screen.vert"), fragment_shader=_shader("room.frag"))
    target = gl.framebuffer([texture := gl.texture(size, 4, dtype="f2")])
    _set(
        program,
        {
            "size": np.array(size),
            "axes": (to_room @ camera.view()[:3, :3].T).T,
            "eye": to_room @ (camera.eye - foot),
            "focus": np.array(np.linalg.norm(camera.target - camera.eye)),
            "half_view": np.array(np.tan(np.radians(camera.degrees) / 2)),
            "player": to_room @ (camera.target - foot),
            "wall_colour": linear(room.wall),
            "accent": linear(room.accent),
            "wood": linear(room.wood),
            "shift": np.array(room.shift),
        },
    )
    _member(program, "kind").value = KINDS.index(room.kind)
    target.use()
    gl.vertex_array(program, [(corners, "2f", "corner")]).render()
    return texture


def _map(gl: moderngl.Context, size: tuple[int, int]) -> moderngl.Texture:
    """A texture of depths that shaders read as numbers."""
    depths = gl.depth_texture(size)
    depths.compare_func = ""
    depths.filter = moderngl.NEAREST, moderngl.NEAREST
    depths.repeat_x = depths.repeat_y = False
    return depths


def _shader(*names: str) -> str:
    """The source of a shader, put together from files."""
    folder = Path(__file__).parent / "shaders"
    numbers = {"NEAR": NEAR, "FAR": FAR, "LIT_REACH": _LIT_REACH, "LIT_DEPTH": _LIT_DEPTH}
    defines = (f"#define {name} {value}" for name, value in numbers.items())
    head = ["#version 330", shader_names(), f"#define MAX_BONES {MAX_BONES}", *defines]
    return "\n".join([*head, *((folder / name).read_text(encoding="utf-8") for name in names)])


def _member(program: moderngl.Program, name: str) -> moderngl.Uniform:
    member = program[name]
    assert isinstance(member, moderngl.Uniform)
    return member


def _set(program: moderngl.Program, uniforms: Mapping[str, Array]) -> None:
    for name, value in uniforms.items():
        _member(program, name).write(np.ascontiguousarray(value, "f4").tobytes())
