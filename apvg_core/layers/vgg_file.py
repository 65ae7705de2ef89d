"""The file of a pretrained VGG-19: torchvision's, in torch's cache; fetched only if somebody asks for it."""

import http.client
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import torch

from apvg_core.errors import DependencyError
from apvg_core.files import atomic_write, sha256_of
from apvg_core.progress import Progress, silent

TORCHVISION_FILE: Final = "vgg19-dcbb9e9d.pth"
TORCHVISION_URL = f"https://download.pytorch.org/models/{TORCHVISION_FILE}"
SHA256: Final = "dcbb9e9d"
"""How it begins; the file's name tells it."""

MEGABYTES: Final = 550

PATIENCE: Final = 20
"""Seconds in which a server has to say something: offline machines shall not hang."""

_CHUNK: Final = 2**20


def cached_path() -> Path:
    """Return the path at which torch keeps the file; it may be missing."""
    return Path(torch.hub.get_dir(), "checkpoints", TORCHVISION_FILE)


def fetch(on_progress: Progress = silent) -> Path:
    """Download the file into torch's cache, unless it is there whole.

    Args:
        on_progress: Told of the megabytes that have come.

    Raises:
        DependencyError: It cannot be had, or is not what it should be.
    """
    path = cached_path()
    try:
        if not path.is_file() or not sha256_of(path).startswith(SHA256):
            _download(path, on_progress)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise DependencyError(
            f"VGG-19 cannot be downloaded from {TORCHVISION_URL} ({reason}); --vgg-weights FILE names a "
            "copy, --no-vgg-download does without."
        ) from error
    return path


def _download(path: Path, on_progress: Progress) -> None:
    with (
        urlopen(TORCHVISION_URL, timeout=PATIENCE) as answer,
        atomic_write(path) as temporary,
    ):
        size = int(answer.headers.get("Content-Length") or MEGABYTES * 10**6)
        done = 0
        with temporary.open("wb") as file:
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                on_progress("download VGG-19 (MB)", min(done, size) // 10**6, size // 10**6)
        if not sha256_of(temporary).startswith(SHA256):
            raise ValueError("its checksum is wrong")
