"""Draws the scene with OpenGL, without a screen: on a graphics card, or in software by Mesa's llvmpipe.

Everything is one mesh whose vertices move with up to four bones (an instrument is moved by one), so a frame
is a list of matrices and two draw calls: the shadow as the key light sees the scene, then the image.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import moderngl
import numpy as np
import numpy.typing as npt

from apvg_core.errors import DependencyError
from apvg_core.virtual.stage.materials import NUMBER, finishes, shader_names

Array = npt.NDArray[np.float64]

MAX_BONES: Final = 80
SUPERSAMPLING: Final = 2
_SHADOW_EDGE: Final = 1024
_NEAR, _FAR = 0.3, 12.0
_LIT_REACH, _LIT_DEPTH = 1.6, 4.0
"""Half the width and half the depth of the space in which the key light casts shadows, metres."""

_HEADLESS: Final[dict[str, Any]] = {"backend": "egl"}
"""Settings that moderngl hands on to glcontext; its own types know no single one of them."""

_KEY: Final = np.array([-0.45, 0.75, 0.65])
_FILL: Final = np.array([0.85, 0.25, 0.5])
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


@dataclass(frozen=True)
class Camera:
    """A camera that stands still.

    Attributes:
        eye: (3,) where it is, metres.
        target: (3,) what it looks at.
        degrees: Vertical angle of view.
    """

    eye: Array
    target: Array
    degrees: float

    def view(self) -> Array:
        """From the world to the camera's axes [shape=(4, 4)]."""
        return look_at(self.eye, self.target)

    def projection(self, aspect: float) -> Array:
        """From the camera's axes to OpenGL's clip space [shape=(4, 4)], at `aspect` = width / height."""
        zoom = 1 / np.tan(np.radians(self.degrees) / 2)
        matrix = np.zeros((4, 4))
        matrix[0, 0], matrix[1, 1] = zoom / aspect, zoom
        matrix[2, 2:] = -(_FAR + _NEAR) / (_FAR - _NEAR), -2 * _FAR * _NEAR / (_FAR - _NEAR)
        matrix[3, 2] = -1
        return matrix

    def project(self, points: Array, aspect: float = 1.0) -> Array:
        """Places in the image [shape=(..., 2), in [0, 1], x right, y down] of places in the world."""
        matrix = self.projection(aspect) @ self.view()
        clip = points @ matrix[:, :3].T + matrix[:, 3]
        return np.asarray(0.5 + clip[..., :2] / clip[..., 3:] * np.array([0.5, -0.5]))


def look_at(eye: Array, target: Array) -> Array:
    """The matrix [shape=(4, 4)] of a view from `eye` to `target`, with y upwards."""
    back = (eye - target) / np.linalg.norm(eye - target)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = [right, np.cross(back, right), back]
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    return matrix


def _light_matrix(direction: Array, centre: Array) -> Array:
    """From the world to what the key light sees: a box about `centre` [shape=(4, 4)]."""
    view = look_at(centre + _LIT_DEPTH * direction, centre)
    box = np.diag([1 / _LIT_REACH, 1 / _LIT_REACH, -1 / _LIT_DEPTH, 1.0])
    box[2, 3] = -1
    return np.asarray(box @ view)


class Renderer:
    """Draws one scene, frame by frame; it holds an OpenGL context until it is closed."""

    def __init__(
        self,
        surfaces: Sequence[Surface],
        *,
        palette: Array,
        paint: Mapping[str, float],
        camera: Camera,
        width: int,
        height: int,
    ) -> None:
        """Load a scene.

        Args:
            surfaces: The surfaces to draw.
            palette: (materials, 3) colours, as `materials.palette` gives them.
            paint: The settings of `shaders/paint.glsl`.
            camera: Where it is seen from; the lights stand beside it.
            width: Width of the image, pixels.
            height: Height of the image, pixels.

        Raises:
            DependencyError: OpenGL cannot be had on this machine.
        """
        self._size = (width, height)
        try:
            self._gl = moderngl.create_context(require=330, standalone=True, **_HEADLESS)
        except Exception as error:  # glcontext raises bare exceptions
            raise DependencyError(
                "OpenGL without a screen is needed (EGL); on Debian: "
                "apt-get install libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri"
            ) from error
        gl = self._gl
        gl.enable(moderngl.DEPTH_TEST)
        self._image = gl.program(
            vertex_shader=_shader("move.glsl", "image.vert"),
            fragment_shader=_shader("paint.glsl", "image.frag"),
        )
        self._shadow = gl.program(
            vertex_shader=_shader("move.glsl", "shadow.vert"), fragment_shader=_shader("shadow.frag")
        )
        self._matrices = gl.buffer(reserve=MAX_BONES * 64)
        self._matrices.bind_to_uniform_block(0)

        view = camera.view()
        key, fill = (direction @ view[:3, :3] / np.linalg.norm(direction) for direction in (_KEY, _FILL))
        light = _light_matrix(key, camera.target)
        _set(self._shadow, {"light": light.T})
        seen = camera.projection(width / height) @ view
        uniforms = {"seen": seen.T, "light": light.T, "key": key, "fill": fill, "eye": camera.eye}
        _set(self._image, {**uniforms, "palette": palette, "finishes": finishes()})
        _set(self._image, {name: np.array(value) for name, value in paint.items()})

        self._load(surfaces)
        scaled = (SUPERSAMPLING * width, SUPERSAMPLING * height)
        self._target = gl.framebuffer([gl.renderbuffer(scaled, 3)], gl.depth_renderbuffer(scaled))
        depth = gl.depth_texture((_SHADOW_EDGE, _SHADOW_EDGE))
        depth.compare_func = "<="
        depth.repeat_x = depth.repeat_y = False
        depth.use(0)
        self._shadow_target = gl.framebuffer(depth_attachment=depth)

    def _load(self, surfaces: Sequence[Surface]) -> None:
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
        faces = [surface.faces + start for surface, start in zip(surfaces, starts, strict=False)]
        index = self._gl.buffer(np.vstack(faces).astype("i4").tobytes())
        names = ("position", "normal", "canvas", "material", "weights")
        layout = [(attributes, "3f 3f 3f 1f 4f", *names), (bones, "4u1", "bones")]
        self._scene = self._gl.vertex_array(self._image, layout, index)
        layout = [(attributes, "3f 28x 4f", "position", "weights"), (bones, "4u1", "bones")]
        self._silhouette = self._gl.vertex_array(self._shadow, layout, index)

    def draw(self, matrices: Array) -> npt.NDArray[np.uint8]:
        """Draw one frame.

        Args:
            matrices: (bones, 4, 4) what moves the scene's vertices.

        Returns:
            (height, width, 3) RGB.
        """
        self._matrices.write(np.swapaxes(matrices, 1, 2).astype("f4").tobytes())
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        self._silhouette.render()
        self._target.use()
        self._target.clear(0.0, 0.0, 0.0)
        self._scene.render()
        width, height = self._target.size
        pixels = np.frombuffer(self._target.read(components=3, alignment=1), np.uint8)
        image = pixels.reshape(height, width, 3)[::-1]
        return np.asarray(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA), np.uint8)

    def close(self) -> None:
        """Give the context back."""
        self._gl.release()


def _shader(*names: str) -> str:
    """The source of a shader, put together from files."""
    folder = Path(__file__).parent / "shaders"
    head = ["#version 330", shader_names(), f"#define MAX_BONES {MAX_BONES}"]
    return "\n".join([*head, *((folder / name).read_text(encoding="utf-8") for name in names)])


def _set(program: moderngl.Program, uniforms: Mapping[str, Array]) -> None:
    for name, value in uniforms.items():
        member = program[name]
        assert isinstance(member, moderngl.Uniform)
        member.write(np.ascontiguousarray(value, "f4").tobytes())
