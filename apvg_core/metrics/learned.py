"""Learned metrics, LPIPS and FID, by torchmetrics: only where it and its weights are installed.

They want `pip install 'torchmetrics[image]'`, and the file that `WEIGHTS` names in torch's cache (the folder
`torch.hub.get_dir()`/checkpoints). Nothing is fetched. What is missing makes the metric absent, never 0.
"""

import importlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.metric import Metric, RecordingValue

WEIGHTS: Final = {
    "lpips": "alexnet-owt-7be5be79.pth",
    "fid": "weights-inception-2015-12-05-6726825d.pth",
}
"""The published weights: torchvision's AlexNet, torch-fidelity's Inception."""

_PACKAGES: Final = {
    "lpips": ("torchmetrics.image.lpip", "torchvision"),
    "fid": ("torchmetrics.image.fid", "torch_fidelity"),
}


def available() -> list[str]:
    """Return which of "lpips" and "fid" can be computed here."""
    return [name for name in WEIGHTS if why_absent(name) is None]


def why_absent(name: str) -> str | None:
    """Return what "lpips" or "fid" lacks here; None where it can be computed."""
    import torch

    for package in _PACKAGES[name]:
        try:
            importlib.import_module(package)
        except Exception as error:  # noqa: BLE001 (a package that does not fit torch may raise anything)
            return f"{package.partition('.')[0]} cannot be imported ({error})"
    weights = Path(torch.hub.get_dir(), "checkpoints", WEIGHTS[name])
    return None if weights.is_file() else f"no {weights}"


class Learned:
    """Accumulates the learned metrics that are available.

    LPIPS (Zhang et al. 2018): distance of AlexNet's features, mean over frames. FID (Heusel et al. 2017):
    Fréchet distance of the distributions of Inception's 2048 features, over all frames; of fewer than some
    thousands of different frames it says little.
    """

    def __init__(self) -> None:
        self._metrics = {name: _make(name) for name in available()}

    def add(self, real: npt.NDArray[np.uint8], generated: npt.NDArray[np.uint8]) -> None:
        """Add frames.

        Args:
            real: The recording's, uint8 [shape=(n, h, w, 3)].
            generated: The generated ones, uint8 [shape=(n, h, w, 3)].
        """
        if not self._metrics:
            return
        import torch

        pair = [torch.from_numpy(f).permute(0, 3, 1, 2) for f in (real, generated)]
        if lpips := self._metrics.get("lpips"):
            lpips.update(*(frames / 255 for frames in pair))
        if fid := self._metrics.get("fid"):
            for frames, is_real in zip(pair, (True, False), strict=True):
                fid.update(frames, real=is_real)

    def value(self, name: str) -> float | None:
        """Return "lpips" or "fid" of at least two frames; None where it is not available."""
        metric = self._metrics.get(name)
        return None if metric is None else float(metric.compute())


def _make(name: str) -> Any:
    if name == "lpips":
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        return LearnedPerceptualImagePatchSimilarity(net_type="alex", normalize=True)
    from torchmetrics.image.fid import FrechetInceptionDistance

    return FrechetInceptionDistance(feature=2048)


METRICS: Final[tuple[Metric[Learned, RecordingValue], ...]] = (
    Metric(
        "lpips", "LPIPS", "", "low", 3,
        "Distance of AlexNet's features (Zhang et al. 2018), mean over recordings.",
        "learned", lambda learned: learned.value("lpips"),
    ),
    Metric(
        "fid", "FID", "", "low", 1,
        "Fréchet distance of a recording's Inception features (Heusel et al. 2017), mean over them.",
        "learned", lambda learned: learned.value("fid"),
    ),
)  # fmt: skip
