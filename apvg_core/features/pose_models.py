"""The models of MediaPipe's estimators, for its releases that hold none.

0.10.21 is the last one with them inside. From its wheel, which pip fetches once, two bundles are made in the
user's cache folder. The wheel is only unpacked, so it does not matter for which system it was built.
"""

import hashlib
import logging
import shlex
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Final

from apvg_core.errors import DependencyError
from apvg_core.features.model_repairs import with_input_range, with_upright_palms
from apvg_core.files import atomic_write, cache_folder, scratch_folder

_FACE: Final = "face_detection/face_detection_short_range"
_FACE_MESH: Final = "face_landmark/face_landmark"
_BODY: Final = "pose_detection/pose_detection"
_BODY_JOINTS: Final = "pose_landmark/pose_landmark_full"
_PALM: Final = "palm_detection/palm_detection_full"
_HAND_CROP: Final = "holistic_landmark/hand_recrop"
_HAND_JOINTS: Final = "hand_landmark/hand_landmark_full"

_SHA256: Final = {
    _FACE: "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    _FACE_MESH: "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    _BODY: "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    _BODY_JOINTS: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    _PALM: "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    _HAND_CROP: "67d996ce96f9d36fe17d2693022c6da93168026ab2f028f9e2365398d8ac7d5d",
    _HAND_JOINTS: "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
}
"""Of the models as they are in the wheel."""

HOLISTIC: Final = "holistic.task"
HANDS: Final = "hands.task"
_BUNDLES: Final = {
    HOLISTIC: {
        "face_detector": _FACE,  # faces are of no use here, but it refuses to work without their models
        "face_landmarks_detector": _FACE_MESH,
        "pose_detector": _BODY,
        "pose_landmarks_detector": _BODY_JOINTS,
        "hand_roi_refinement": _HAND_CROP,
        "hand_landmarks_detector": _HAND_JOINTS,
    },
    HANDS: {"hand_detector": _PALM, "hand_landmarks_detector": _HAND_JOINTS},
}
"""What is in each bundle, under the names that MediaPipe's tasks look for."""

_OPTIONS: Final = (
    "download", "mediapipe==0.10.21", "--no-deps", "--only-binary=:all:", "--python-version", "3.12",
    "--platform", "manylinux_2_28_x86_64", "--dest",
)  # fmt: skip
_WHEELS: Final = "mediapipe-0.10.21-*.whl"

log = logging.getLogger(__name__)


def has_models() -> bool:
    """Returns True if the installed MediaPipe holds its models, so that none of these is needed.

    Raises:
        PackageNotFoundError: It is not installed.
    """
    return metadata.version("mediapipe").startswith("0.")


def models_folder() -> Path:
    """Returns the folder of the bundles, which may be missing; each release of MediaPipe has its own."""
    return cache_folder() / f"mediapipe-{metadata.version('mediapipe')}"


def bundle(name: str) -> Path:
    """Returns the path of a bundle; it may be missing."""
    return models_folder() / name


def models_are_there() -> bool:
    """Returns True if all bundles are in the cache."""
    return all(bundle(name).is_file() for name in _BUNDLES)


def fetch_command() -> str:
    """Returns the command, for a shell, that puts the wheel where `make_bundles` finds it."""
    return shlex.join(("pip", *_OPTIONS, str(models_folder())))


def make_bundles() -> None:
    """Make the bundles, unless they are there: from a wheel beside them, else from one that pip fetches.

    Raises:
        DependencyError: The wheel cannot be had or is not what it should be, or the cache cannot be written.
    """
    if models_are_there():
        return
    with scratch_folder() as temporary:
        models = _models(next(models_folder().glob(_WHEELS), None) or _fetched(Path(temporary)))
    try:
        for name, parts in _BUNDLES.items():
            with atomic_write(bundle(name)) as path, zipfile.ZipFile(path, "w") as archive:
                for part, model in parts.items():
                    archive.writestr(f"{part}.tflite", models[model])
    except OSError as error:
        raise DependencyError(
            f"MediaPipe's models cannot be kept in {models_folder()} ({error.strerror}); make it a folder "
            "that you can write to."
        ) from error


def _fetched(folder: Path) -> Path:
    """Let pip fetch the wheel into a folder, from wherever pip is set up to look."""
    log.info("Fetching MediaPipe's models, once: pip downloads mediapipe 0.10.21 (36 MB) …")
    pip = (sys.executable, "-m", "pip", "-q", "--no-input", "--retries", "1")
    done = subprocess.run([*pip, *_OPTIONS, folder], capture_output=True, text=True, errors="replace")  # noqa: S603
    wheel = next(folder.glob(_WHEELS), None)
    if wheel is None:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1].removeprefix("ERROR: ")
        raise DependencyError(
            f"MediaPipe's models cannot be fetched ({reason}); fetch the wheel that holds them, with any "
            f"pip: {fetch_command()}"
        )
    return wheel


def _models(wheel: Path) -> dict[str, bytes]:
    """Read the models out of the wheel, as MediaPipe's tasks want them."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            models = {name: archive.read(f"mediapipe/modules/{name}.tflite") for name in _SHA256}
        for name, model in models.items():
            if hashlib.sha256(model).hexdigest() != _SHA256[name]:
                raise ValueError(f"the checksum of {name} is wrong")
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DependencyError(f"{wheel} is not MediaPipe 0.10.21 ({error}); delete it.") from error
    for name in (_BODY_JOINTS, _HAND_CROP):
        models[name] = with_input_range(models[name], mean=0, std=255)
    models[_PALM] = with_upright_palms(models[_PALM])
    return models
