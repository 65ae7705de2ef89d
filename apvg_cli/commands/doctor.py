"""`apvg doctor`: what this machine has, and what the rest costs."""

import importlib
import importlib.metadata
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from apvg_cli import console
from apvg_cli.options import Json
from apvg_core import __version__
from apvg_core.cores import available_cores
from apvg_core.errors import DependencyError


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the installation that may be missing.

    Attributes:
        name: Its name.
        find: Returns a description of it (version, path), or raises if it is missing.
        cost: What does not work without it.
        required: Nothing works without it.
    """

    name: str
    find: Callable[[], str]
    cost: str
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Result of the search for a part; `cost` is empty if it was found."""

    part: str
    found: bool
    detail: str
    cost: str


def doctor(as_json: Json = False) -> None:
    """Check this machine: what is here, what is missing, and what that costs.

    Reads the installation. Writes nothing. Leaves with 6 if a part is missing that nothing works without.

    Example: apvg doctor
    """
    findings = [_check(part) for part in PARTS]
    if as_json:
        console.document({"machine": _machine(), "parts": [asdict(finding) for finding in findings]})
    else:
        console.facts(_machine())
        console.table([asdict(finding) for finding in findings])
    missing = [p.name for p, f in zip(PARTS, findings, strict=True) if p.required and not f.found]
    if missing:
        raise DependencyError(f"Nothing works without {', '.join(missing)}; install apvg again with pip.")


def _machine() -> dict[str, Any]:
    return {
        "apvg": __version__,
        "Python": platform.python_version(),
        "system": platform.platform(),
        "CPUs": available_cores(),
        "memory (GB)": _memory_gb(),
    }


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, some systems not these names
        return None


def _check(part: Part) -> Finding:
    try:
        return Finding(part=part.name, found=True, detail=part.find(), cost="")
    except importlib.metadata.PackageNotFoundError:
        return Finding(part=part.name, found=False, detail="not installed", cost=part.cost)
    except Exception as error:  # noqa: BLE001 (a broken package may raise anything; that is the finding)
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        return Finding(part=part.name, found=False, detail=reason, cost=part.cost)


def _package(name: str, module: str | None = None) -> Callable[[], str]:
    """Returns a finder that imports a package: one that is installed may still lack a system library."""

    def find() -> str:
        version = importlib.metadata.version(name)
        importlib.import_module(module or name)
        return version

    return find


def _encoder(name: str) -> Callable[[], str]:
    def find() -> str:
        import av

        return av.Codec(name, "w").long_name

    return find


def _mp3() -> str:
    import soundfile

    if "MP3" not in soundfile.available_formats():
        raise LookupError(f"libsndfile {soundfile.__libsndfile_version__} has no MP3")
    return f"libsndfile {soundfile.__libsndfile_version__}"


def _gpu() -> str:
    import torch

    if not torch.cuda.is_available():
        raise LookupError("no CUDA device")
    return ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))


def _vgg_weights() -> str:
    from apvg_core.layers.vgg_file import cached_path

    path = cached_path()
    if not path.is_file():
        raise LookupError(f"no {path}")
    return str(path)


NO_TRAINING = "no extract, no training, no evaluate; generate works"

PARTS = (
    *(
        Part(name=name, find=_package(name), cost="nothing works", required=True)
        for name in ("numpy", "torch", "safetensors", "av", "soundfile", "soxr")
    ),
    Part(name="H.264 encoder", find=_encoder("libx264"), cost="no video can be written", required=True),
    Part(name="AAC encoder", find=_encoder("aac"), cost="no video can be written", required=True),
    Part(name="mp3 decoder", find=_mp3, cost="songs must be wav, flac or ogg"),
    Part(name="h5py", find=_package("h5py"), cost=NO_TRAINING),
    Part(name="OpenCV", find=_package("opencv-python", "cv2"), cost=NO_TRAINING),
    Part(name="mir_eval", find=_package("mir_eval"), cost="no evaluate"),
    Part(
        name="pitch tracker",
        find=_package("swift-f0", "swift_f0"),
        cost="no check, no note agreement in evaluate; generate does not warn of unplayable songs",
    ),
    Part(name="tensorboard", find=_package("tensorboard"), cost="no training"),
    Part(
        name="pose models",
        find=_package("mediapipe", "mediapipe.python.solutions.holistic"),
        cost="no extract (mediapipe 0.10.21 needs Python 3.11 or 3.12)",
    ),
    Part(name="CUDA GPU", find=_gpu, cost="training takes far longer; generate does well without"),
    Part(
        name="VGG-19 weights",
        find=_vgg_weights,
        cost="the last stage compares pixels; --vgg-download fetches it (550 MB), --vgg-weights names a copy",
    ),
    Part(
        name="OpenVINO",
        find=_package("openvino", "apvg_core.runtime.openvino"),
        cost="generate takes twice as long, in PyTorch",
    ),
    Part(name="torchaudio", find=_package("torchaudio"), cost="nothing: khp.mask does what its masks would"),
)
