"""The named methods: `paper`, `fast` (the default) and `tiny`.

A recipe is data: one `RecipeConfig`; what differs is a `dataclasses.replace` away.
"""

import difflib

from apvg_core.config import (
    AudioEncoderConfig,
    CVGConfig,
    DiscriminatorConfig,
    KHPConfig,
    RecipeConfig,
    STUConfig,
    TrainingConfig,
)
from apvg_core.errors import ConfigError

DEFAULT = "fast"

PAPER = RecipeConfig(
    name="paper",
    cqt_mode="clip",
    khp=KHPConfig(training=TrainingConfig(steps=20_000, batch=16, sequence=16)),
    cvg=CVGConfig(training=TrainingConfig(steps=40_000, batch=4, sequence=8), downscale=1),
    stu=STUConfig(training=TrainingConfig(steps=40_000, batch=4, sequence=4)),
)
"""The paper at its sizes, where it gives them: 256 x 256 everywhere, VGG-19's widths, Eq. 7 at full size.

What is ours even here, where the paper is silent: CVG's disturbed starts, STU's output being a correction
of the coarse frame that begins at zero, clipped gradients, the weights of the losses, numbers of steps.
"""

_SMALL_AUDIO = AudioEncoderConfig(channels=(64, 64, 96, 96), features=96)

FAST = RecipeConfig(
    name="fast",
    cqt_mode="continuous",
    khp=KHPConfig(
        training=TrainingConfig(steps=1500, batch=8, sequence=32),
        residual=True,
        heatmap_size=32,
    ),
    cvg=CVGConfig(
        training=TrainingConfig(steps=1000, batch=4, sequence=8),
        audio=_SMALL_AUDIO,
        hidden=128,
        vgg_channels=(16, 16, 32, 32, 64),
        image_features=96,
        noise=4,
        decoder_channels=(96, 64, 48, 32),
        reference=True,
    ),
    stu=STUConfig(
        training=TrainingConfig(steps=1800, batch=2, sequence=4),
        audio=_SMALL_AUDIO,
        discriminator=DiscriminatorConfig(
            channels=(16, 32, 64, 64), audio=_SMALL_AUDIO, mismatched_pairs=True
        ),
        channels=(24, 48, 80, 112),
        patch=2,
        graph_features=64,
        reference=True,
        weight_pixel=10.0,
        weight_perceptual=0.1,
        weight_adversarial=0.01,
        perceptual_downscale=4,
        perceptual_blocks=3,
    ),
)
"""Every part of the paper at 2.4 GFLOP a frame: the coarse stage at a quarter of the size, thin networks."""

_TINY_AUDIO = AudioEncoderConfig(channels=(16, 16, 16), features=16)

TINY = RecipeConfig(
    name="tiny",
    cqt_mode="continuous",
    khp=KHPConfig(
        training=TrainingConfig(steps=200, batch=4, sequence=8, checkpoint_every=20, sample_every=40),
        audio=_TINY_AUDIO,
        hidden=32,
        residual=True,
        heatmap_size=16,
    ),
    cvg=CVGConfig(
        training=TrainingConfig(steps=160, batch=2, sequence=4, checkpoint_every=20, sample_every=40),
        audio=_TINY_AUDIO,
        hidden=16,
        downscale=2,
        vgg_channels=(8, 8, 16, 16, 16),
        image_features=16,
        noise=4,
        decoder_channels=(16, 16, 16, 8),
        reference=True,
    ),
    stu=STUConfig(
        training=TrainingConfig(steps=80, batch=2, sequence=3, checkpoint_every=20, sample_every=40),
        audio=_TINY_AUDIO,
        discriminator=DiscriminatorConfig(channels=(8, 16), audio=_TINY_AUDIO, mismatched_pairs=True),
        channels=(8, 16, 24),
        patch=2,
        graph_features=16,
        reference=True,
        weight_pixel=10.0,
        weight_perceptual=0.1,
        weight_adversarial=0.01,
        perceptual_downscale=2,
        perceptual_blocks=0,
    ),
)
"""Every part, as small as it still learns: for tests and the demo."""

RECIPES = {recipe.name: recipe for recipe in (PAPER, FAST, TINY)}


def get_recipe(name: str) -> RecipeConfig:
    """The recipe of that name.

    Raises:
        ConfigError: There is none; the sentence names the nearest.
    """
    if name in RECIPES:
        return RECIPES[name]
    near = difflib.get_close_matches(name, RECIPES, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(RECIPES)}."
    raise ConfigError(f"--recipe {name} is unknown; {hint}")
