"""Learned metrics, LPIPS and FID, by torchmetrics: only where it and its weights are at hand.

They want `pip install 'torchmetrics[image]'`, and the file that `WEIGHTS` names in torch's cache (the folder
`torch.hub.get_dir()`/checkpoints). Nothing is fetched. What is missing makes the metric absent, never 0.
"""

import importlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

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
    """Which of "lpips" and "fid" can be computed here."""
    return [name for name in WEIGHTS if why_absent(name) is None]


def why_absent(name: str) -> str | None:
    """What "lpips" or "fid" lacks here; None where it can be computed."""
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

    def __init__(self, device: str = "cpu") -> None:
        self._device = device
        self._metrics = {name: _make(name).to(device) for name in available()}

    def add(self, real: npt.NDArray[np.uint8], generated: npt.NDArray[np.uint8]) -> None:
        """Add frames of both [shape=(n, h, w, 3), uint8]."""
        import torch

        pair = [torch.from_numpy(f).to(self._device).permute(0, 3, 1, 2) for f in (real, generated)]
        if lpips := self._metrics.get("lpips"):
            lpips.update(*(frames / 255 for frames in pair))
        if fid := self._metrics.get("fid"):
            for frames, is_real in zip(pair, (True, False), strict=True):
                fid.update(frames, real=is_real)

    @property
    def values(self) -> dict[str, float]:
        """The value of each available metric; wants two frames at least."""
        return {name: float(metric.compute()) for name, metric in self._metrics.items()}


def _make(name: str) -> Any:
    if name == "lpips":
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        return LearnedPerceptualImagePatchSimilarity(net_type="alex", normalize=True)
    from torchmetrics.image.fid import FrechetInceptionDistance

    return FrechetInceptionDistance(feature=2048)
