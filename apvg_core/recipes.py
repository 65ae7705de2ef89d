"""The named methods: `paper`, `fast` (the default) and `tiny`, and what can be varied in each of them.

A recipe is data: one `RecipeConfig`. So is a variant: settings that differ. `fast+without-gcn` is the recipe
`fast` with the variant `without-gcn`; a variant alone is one of the default recipe.
"""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from apvg_core.config import RecipeConfig
from apvg_core.config_json import with_changes
from apvg_core.errors import ConfigError
from apvg_core.stages.cvg.settings import CVGConfig
from apvg_core.stages.khp.settings import KHPConfig
from apvg_core.stages.settings import AudioEncoderConfig, TrainingConfig
from apvg_core.stages.stu.baselines.settings import EBDNConfig, PatchDiscriminatorConfig, Vid2VidConfig
from apvg_core.stages.stu.settings import DiscriminatorConfig, STUConfig

DEFAULT: Final = "fast"

_AUDIO = AudioEncoderConfig(leak=0.1, standardise=True)

PAPER = RecipeConfig(
    name="paper",
    cqt_mode="clip",
    khp=KHPConfig(training=TrainingConfig(steps=20_000, batch=16, sequence=16), audio=_AUDIO),
    cvg=CVGConfig(training=TrainingConfig(steps=40_000, batch=4, sequence=8), audio=_AUDIO, downscale=1),
    stu=STUConfig(
        training=TrainingConfig(steps=40_000, batch=2, sequence=8),
        audio=_AUDIO,
        discriminator=DiscriminatorConfig(audio=_AUDIO),
        graph_joints=True,
    ),
)
"""The paper at its sizes, where it gives them: 256 x 256 everywhere, VGG-19's widths, Eq. 7 at full size.

What is ours even here, where the paper is silent: CVG's disturbed starts, its scheduled sampling and the
LayerNorm behind its LSTM, windows of sound that are standardised, the discriminator's two answers, the
graph's nodes that know their joints, STU's output being a correction of the coarse frame that begins at
zero, KHP's last layer that begins at the middle of the image, GroupNorm, clipped gradients, the weights of
the losses, the numbers of steps.
"""

_FAST_AUDIO = replace(_AUDIO, harmonics=6)
_KHPS_AUDIO = replace(_FAST_AUDIO, from_khp=True)

FAST = RecipeConfig(
    name="fast",
    cqt_mode="continuous",
    khp=KHPConfig(
        training=TrainingConfig(steps=3000, batch=4, sequence=96, lr=7e-4, lr_end=2e-5, ema=0.998),
        audio=_FAST_AUDIO,
        residual=True,
        lookahead_s=1.92,
        dropout=0.2,
        heatmap_size=32,
    ),
    cvg=CVGConfig(
        training=TrainingConfig(steps=2500, batch=4, sequence=8, lr_end=2e-5, ema=0.998),
        audio=_FAST_AUDIO,
        hears_as_khp=True,
        max_size=64,
        vgg_channels=(16, 16, 32, 32, 64),
        image_features=96,
        noise=4,
        decoder_channels=(96, 64, 48, 32),
        lookahead_s=1.92,
        history=32,
        audio_grid=4,
        reference=True,
        warp=True,
        teacher_forcing=0.0,
        weight_squared=10.0,
    ),
    stu=STUConfig(
        training=TrainingConfig(steps=1800, batch=2, sequence=8),
        audio=_KHPS_AUDIO,
        discriminator=DiscriminatorConfig(
            channels=(16, 32, 64, 64), downscale=2, max_size=128, audio=_KHPS_AUDIO
        ),
        channels=(24, 48, 80, 112),
        max_size=256,
        patch=2,
        graph_features=64,
        graph_joints=True,
        reference=True,
        warp=True,
        plate=True,
        lines=True,
        ground_truth_keypoints=0.5,
        weight_pixel=10.0,
        weight_squared=50.0,
        weight_perceptual=0.1,
        weight_adversarial=0.01,
        perceptual_downscale=4,
        perceptual_blocks=3,
    ),
)
"""The parts of the paper at 2.7 GFLOP a frame: the coarse stage at a quarter of the size, thin networks."""

_TINY_AUDIO = replace(_AUDIO, channels=(16, 16, 16), features=16, harmonics=1)
_TINY_KHPS_AUDIO = replace(_TINY_AUDIO, from_khp=True)

TINY = RecipeConfig(
    name="tiny",
    cqt_mode="continuous",
    khp=KHPConfig(
        training=TrainingConfig(steps=200, batch=4, sequence=8, checkpoint_every=20, validate_every=40),
        audio=_TINY_AUDIO,
        hidden=32,
        residual=True,
        lookahead_s=0.32,
        dropout=0.1,
        heatmap_size=16,
    ),
    cvg=CVGConfig(
        training=TrainingConfig(steps=160, batch=2, sequence=4, checkpoint_every=20, validate_every=40),
        audio=_TINY_AUDIO,
        hidden=32,
        hears_as_khp=True,
        downscale=2,
        vgg_channels=(8, 8, 16, 16, 16),
        image_features=16,
        noise=4,
        decoder_channels=(16, 16, 16, 8),
        lookahead_s=0.32,
        history=8,
        audio_grid=2,
        reference=True,
        warp=True,
        teacher_forcing=0.0,
        weight_squared=10.0,
    ),
    stu=STUConfig(
        training=TrainingConfig(steps=80, batch=2, sequence=3, checkpoint_every=20, validate_every=40),
        audio=_TINY_KHPS_AUDIO,
        discriminator=DiscriminatorConfig(channels=(8, 16), audio=_TINY_KHPS_AUDIO, pairs=8),
        channels=(8, 16, 24),
        patch=2,
        graph_features=16,
        graph_joints=True,
        reference=True,
        warp=True,
        plate=True,
        lines=True,
        ground_truth_keypoints=0.5,
        weight_pixel=10.0,
        weight_perceptual=0.1,
        weight_adversarial=0.01,
        perceptual_downscale=2,
        perceptual_blocks=0,
    ),
)
"""Every part, as small as it still learns: for tests and a quick try."""

RECIPES = {recipe.name: recipe for recipe in (PAPER, FAST, TINY)}

TABLE_1: Final[Mapping[str, Mapping[str, Any]]] = {
    "without-cvg": {"cvg": None, "stu.coarse": False},
    "without-khp": {
        "khp": None,
        "stu.heatmap": False,
        "stu.graph": False,
        "cvg.hears_as_khp": False,
        "stu.audio.from_khp": False,
        "stu.discriminator.audio.from_khp": False,
    },
    "without-stu": {"stu.graph": False, "stu.recurrent": False},
    "without-gcn": {"stu.graph": False},
    "without-cnn-gru": {"stu.recurrent": False},
}
"""Rows (a) to (e) of Table I, and what takes the place of the part that is left out.

(a) The UNet sees the heatmap alone and paints on grey (and, with `reference`, keeps the reference frame).
(b) It sees the coarse frame alone: there is no heatmap, and without keypoints there are no graph nodes.
(c) What is left is a UNet for each frame by itself: "STU = GCN + CNN-GRU", says the table's caption, so both
go and the sound, which still joins at the decoder, stays.
"""

TABLE_2: Final[Mapping[str, Mapping[str, Any]]] = {
    "baseline": {"khp.average_condition": False, "khp.residual": False, "khp.weight_heatmap": 0.0},
    "avg": {"khp.weight_heatmap": 0.0},
    "dlt": {"khp.average_condition": False, "khp.residual": False},
}
"""Rows of Table II: without and with the average condition, and without and with Eq. 3 (by the DLT).

To predict displacements from the average (`residual`) is to be told it, so that goes with the condition.
"""

_FAST_PATCHES = PatchDiscriminatorConfig(channels=(16, 32, 64, 64), scales=2)
_TINY_PATCHES = PatchDiscriminatorConfig(channels=(8, 16), scales=2)
_PUBLISHED_RATES: Final[Mapping[str, Any]] = {"lr": 2e-4, "lr_end": 2e-5}


def _as_the_stu(base: RecipeConfig) -> dict[str, Any]:
    """Return what a base's rivals have in common with its STU: reconstruction losses, stills, keypoints."""
    alike = (
        "weight_pixel", "weight_squared", "weight_perceptual", "perceptual_downscale", "perceptual_blocks",
        "ground_truth_keypoints",
    )  # fmt: skip
    return {"stills": True, **{name: getattr(base.stu, name) for name in alike}}


TABLE_3: Final[Mapping[str, Mapping[str, EBDNConfig | Vid2VidConfig]]] = {
    "ebdn": {
        "paper": EBDNConfig(
            training=TrainingConfig(steps=40_000, batch=8, sequence=2, **_PUBLISHED_RATES),
        ),
        "fast": EBDNConfig(
            training=TrainingConfig(steps=1800, batch=8, sequence=2, **_PUBLISHED_RATES),
            discriminator=_FAST_PATCHES,
            channels=(16, 32, 64, 128, 128),
            blocks=4,
            **_as_the_stu(FAST),
        ),
        "tiny": EBDNConfig(
            training=TrainingConfig(
                steps=80, batch=2, sequence=3, checkpoint_every=20, validate_every=40, **_PUBLISHED_RATES
            ),
            discriminator=_TINY_PATCHES,
            channels=(8, 16, 24),
            blocks=1,
            **_as_the_stu(TINY),
        ),
    },
    "vid2vid": {
        "paper": Vid2VidConfig(
            training=TrainingConfig(steps=40_000, batch=2, sequence=8, **_PUBLISHED_RATES),
            discriminator=PatchDiscriminatorConfig(scales=2),
        ),
        "fast": Vid2VidConfig(
            training=TrainingConfig(steps=1800, batch=2, sequence=8, **_PUBLISHED_RATES),
            discriminator=_FAST_PATCHES,
            channels=(16, 32, 64, 128, 128),
            blocks=4,
            **_as_the_stu(FAST),
        ),
        "tiny": Vid2VidConfig(
            training=TrainingConfig(
                steps=80, batch=2, sequence=3, checkpoint_every=20, validate_every=40, **_PUBLISHED_RATES
            ),
            discriminator=_TINY_PATCHES,
            channels=(8, 16, 24),
            blocks=2,
            **_as_the_stu(TINY),
        ),
    },
}
"""The first two rows of Table III: for each base recipe, what takes the STU's place, without a coarse video.

At `paper` the baselines have the sizes and weights of their own papers. Elsewhere they are thinner as the STU
is, and have its reconstruction losses, its stills and its share of true keypoints. Their rates and
adversarial losses are their own papers' everywhere, and they train on as many frames as the base's STU.
"""

VARIANTS: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    **{row: dict.fromkeys(RECIPES, changes) for row, changes in {**TABLE_1, **TABLE_2}.items()},
    **{
        row: {base: {"cvg": None, "stu": asdict(stu)} for base, stu in baselines.items()}
        for row, baselines in TABLE_3.items()
    },
}
"""What stands behind a plus sign: its changes to each base recipe."""


def get_recipe(name: str) -> RecipeConfig:
    """Return the recipe of that name: a base, a variant of the default one, or `base+variant`.

    Raises:
        ConfigError: There is none; the sentence names the nearest.
    """
    base, *variants = name.split("+")
    if base not in RECIPES:
        base, variants = DEFAULT, [base, *variants]
    recipe = RECIPES[base]
    for variant in variants:
        if variant not in VARIANTS:
            raise ConfigError(f"--recipe {name} is unknown; {_hint(variant)}")
        recipe = with_changes(recipe, VARIANTS[variant][base])
    return replace(recipe, name="+".join([base, *variants]))


def _hint(name: str) -> str:
    near = difflib.get_close_matches(name, [*RECIPES, *VARIANTS], n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are {', '.join(RECIPES)}, and behind a plus sign the variants {', '.join(VARIANTS)}."
