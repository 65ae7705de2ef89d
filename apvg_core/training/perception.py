"""ψ of Eq. 7 for a training: the VGG-19 that can be had, or the images themselves."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, Self

import torch.nn.functional as F
from torch import Tensor

from apvg_core.config import RecipeConfig, Stage
from apvg_core.errors import ConfigError
from apvg_core.layers.vgg import STEM_WIDTHS, VGGFeatures, find_weights
from apvg_core.layers.vgg_file import cached_path
from apvg_core.run.info import is_trained, read_run
from apvg_core.training.checkpoint import step_paths
from apvg_core.training.options import TrainOptions
from apvg_core.training.recipe_choice import recipe_for
from apvg_core.training.setup import TrainingSetup

PIXELS: Final = "pixels"

log = logging.getLogger(__name__)


def lacks_vgg(run: Path, stages: Sequence[Stage], options: TrainOptions) -> bool:
    """Return True if a stage that is about to be begun wants a pretrained VGG-19, and none is at hand.

    What was begun goes on with what it was begun with.

    Raises:
        ApvgError: The options do not fit the run.
    """
    if options.vgg_weights is not None or cached_path().is_file():
        return False
    recipe = recipe_for(run, options)
    info = read_run(run) if (run / "run.json").exists() else None
    begins = False  # a stage before it that is trained now makes the last one begin anew
    for stage in stages:
        begun = bool(step_paths(run, stage)) or (info is not None and is_trained(run, info, stage))
        begins = begins or not begun
        if begins and _uses_vgg(recipe, stage):
            return True
    return False


def _uses_vgg(recipe: RecipeConfig, stage: Stage) -> bool:
    if stage == "cvg":
        return recipe.cvg is not None and recipe.cvg.vgg_channels == STEM_WIDTHS
    return stage == "stu" and recipe.stu.perceptual_blocks > 0


class Perceptual(Protocol):
    """The settings of a perceptual loss, as the last stage's configs have them."""

    @property
    def perceptual_downscale(self) -> int: ...  # noqa: D102
    @property
    def perceptual_blocks(self) -> int: ...  # noqa: D102


class Perception:
    """Features of (shrunk) images, from fine to coarse; without a VGG, the images.

    Attributes:
        origin: Where the features come from: the weights' file, or "pixels"; for the record in `run.json`.
    """

    def __init__(self, vgg: VGGFeatures | None, origin: str, downscale: int) -> None:
        self._vgg, self.origin, self._downscale = vgg, origin, downscale

    @classmethod
    def find(cls, path: Path | None, config: Perceptual, setup: TrainingSetup) -> Self:
        """Look for pretrained weights (`vgg.find_weights`), if the recipe wants any.

        What was begun with pixels goes on with pixels.

        Raises:
            ConfigError: The file is no VGG-19, or the training was begun with another.
        """
        begun = setup.checkpoint.facts["perceptual"] if setup.checkpoint else None
        wanted = config.perceptual_blocks > 0 and begun != PIXELS
        weights = find_weights(path) if wanted else None
        if path is not None and not wanted:
            log.info("%s compares pixels: --vgg-weights is not used in stu.", setup.run)
        origin = weights.origin if weights else PIXELS
        if begun not in (None, origin):
            raise ConfigError(
                f"{setup.stage} was begun with the perceptual loss of {begun}, now it is {origin}; "
                "give the same --vgg-weights."
            )
        vgg = VGGFeatures(weights, config.perceptual_blocks).to(setup.device) if weights else None
        return cls(vgg, origin, config.perceptual_downscale)

    def __call__(self, frames_n3hw: Tensor) -> list[Tensor]:
        """Compute features, each (n, k, h', w'), of images in [0, 1] [shape=(n, 3, h, w)]."""
        small = F.avg_pool2d(frames_n3hw, self._downscale) if self._downscale > 1 else frames_n3hw
        return [small] if self._vgg is None else self._vgg(small)
