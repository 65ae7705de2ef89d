"""`apvg doctor`: what this machine has, what the rest costs, and how to install it."""

import importlib
import importlib.metadata
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from apvg_cli import console
from apvg_cli.install import library_install, pip_install, system_install
from apvg_cli.next_steps import play_song
from apvg_cli.options import Json
from apvg_core.errors import DependencyError


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the installation that may be missing.

    Attributes:
        name: Its name.
        find: Returns a description of it (version, path), or raises if it is missing.
        cost: What does not work without it.
        install: Returns the command that installs it, or None if there is none; takes True if it is there,
            but broken.
        required: Nothing works without it.
    """

    name: str
    find: Callable[[], str]
    cost: str
    install: Callable[[bool], str | None] = lambda _: None
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Result of the search for a part; `cost` is empty if it was found, and `install` where nothing helps."""

    part: str
    found: bool
    detail: str
    cost: str
    install: str


def doctor(as_json: Json = False) -> None:
    """Check this machine: what is installed, what is missing, and how to install it.

    Reads the installation. Writes nothing. The exit code is 6 if nothing works without
    a part that is missing.

    Example: apvg doctor
    """
    from apvg_core.machine import describe_machine

    findings = [_check(part) for part in PARTS]
    if as_json:
        console.document({"machine": describe_machine(), "parts": [asdict(finding) for finding in findings]})
    else:
        console.facts(describe_machine())
        console.table(
            [{"part": f.part, "found": f.found, "detail": f.detail, "without it": f.cost} for f in findings]
        )
    missing = [p.name for p, f in zip(PARTS, findings, strict=True) if p.required and not f.found]
    if not as_json:
        commands = {f.install: f.part for f in reversed(findings) if f.install}
        console.next_steps([(command, f"install {part}") for command, part in reversed(commands.items())])
        if not missing:
            console.next_steps(play_song(Path("song.wav")))
    if missing:
        raise DependencyError(f"Nothing works without {', '.join(missing)}; install apvg again with pip.")


def _check(part: Part) -> Finding:
    try:
        return Finding(part=part.name, found=True, detail=part.find(), cost="", install="")
    except importlib.metadata.PackageNotFoundError:
        detail, broken = "not installed", False
    except Exception as error:  # noqa: BLE001 (a broken package may raise anything; that is the finding)
        detail, broken = (str(error).splitlines() or [""])[0] or type(error).__name__, True
    install = library_install(detail) or part.install(broken) or ""
    return Finding(part=part.name, found=False, detail=detail, cost=part.cost, install=install)


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

        return av.Codec(name, "w").name

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
        raise LookupError("not in torch's cache")
    return str(path)


def _program(name: str) -> Callable[[], str]:
    def find() -> str:
        path = shutil.which(name)
        if path is None:
            raise LookupError("not installed")
        return path

    return find


def _virtual() -> str:
    return f"moderngl {_package('moderngl')()}, mido {_package('mido')()}"


def _pip(*packages: str) -> Callable[[bool], str]:
    return lambda broken: pip_install(*packages, again=broken)


def _pose_models() -> str:
    from apvg_core.features.pose_models import has_models, models_are_there, models_folder

    if has_models():
        return "inside MediaPipe"
    if not models_are_there():
        raise LookupError("not fetched yet: the first extract does it")
    return str(models_folder())


def _fetch_models(mediapipe_is_there: bool) -> str | None:
    from apvg_core.features.pose_models import fetch_command

    return fetch_command() if mediapipe_is_there else None


NO_TRAINING = "no extract, no training, no evaluate; generate works"

PARTS = (
    *(
        Part(name=name, find=_package(name), cost="nothing works", install=_pip(name), required=True)
        for name in ("numpy", "torch", "safetensors", "av", "soundfile", "soxr")
    ),
    Part(
        name="H.264 encoder",
        find=_encoder("libx264"),
        cost="no video can be written",
        install=_pip("av"),
        required=True,
    ),
    Part(
        name="AAC encoder",
        find=_encoder("aac"),
        cost="no video can be written",
        install=_pip("av"),
        required=True,
    ),
    Part(name="mp3 decoder", find=_mp3, cost="songs must be wav, flac or ogg", install=_pip("soundfile")),
    Part(name="h5py", find=_package("h5py"), cost=NO_TRAINING, install=_pip("h5py")),
    Part(
        name="OpenCV",
        find=_package("opencv-python", "cv2"),
        cost=NO_TRAINING,
        install=_pip("opencv-python", "opencv-contrib-python"),
    ),
    Part(name="mir_eval", find=_package("mir_eval"), cost="no evaluate", install=_pip("mir_eval")),
    Part(
        name="pitch tracker",
        find=_package("swift-f0", "swift_f0"),
        cost="no check, no note agreement in evaluate; generate does not warn of unplayable songs",
        install=_pip("swift-f0"),
    ),
    Part(name="tensorboard", find=_package("tensorboard"), cost="no training", install=_pip("tensorboard")),
    Part(name="MediaPipe", find=_package("mediapipe"), cost="no extract", install=_pip("mediapipe")),
    Part(
        name="pose models",
        find=_pose_models,
        cost="no extract",
        install=_fetch_models,
    ),
    Part(name="CUDA GPU", find=_gpu, cost="training takes far longer; generate does well without"),
    Part(
        name="VGG-19 weights",
        find=_vgg_weights,
        cost="the last stage compares pixels; --vgg-weights names a copy",
        install=lambda _: "apvg train shards/ --run runs/mine --vgg-download",
    ),
    Part(
        name="OpenVINO",
        find=_package("openvino", "apvg_core.runtime.openvino"),
        cost="generate takes twice as long, in PyTorch",
        install=_pip("openvino"),
    ),
    Part(
        name="virtual performers",
        find=_virtual,
        cost="no apvg virtual",
        install=_pip("moderngl", "mido"),
    ),
    Part(
        name="FluidSynth",
        find=_program("fluidsynth"),
        cost="virtual performers have additive synthesis only",
        install=lambda _: system_install("fluidsynth fluid-soundfont-gm", "fluid-synth"),
    ),
    Part(
        name="Dask",
        find=_package("distributed"),
        cost="no extract --scheduler",
        install=_pip("distributed"),
    ),
)
