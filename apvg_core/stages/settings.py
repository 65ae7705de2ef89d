"""Settings that stages share, and checks of settings. None of them may ask for more memory than there is."""

from dataclasses import dataclass
from typing import Final, Literal

from apvg_core.config_json import JsonConfig
from apvg_core.errors import ConfigError
from apvg_core.stages.spec import BLOCK_FRAMES

WIDEST: Final = 4096
"""Largest width of a layer."""

FURTHEST_S: Final = 60.0
"""Furthest that a network hears ahead, in seconds."""


def require_positive(config: object, *names: str, most: float = WIDEST) -> None:
    """Check that these settings, numbers or widths, are all above 0, and at most so many."""
    for name in names:
        value = getattr(config, name)
        values = value if isinstance(value, tuple) else (value,)
        require(
            bool(values) and all(0 < v <= most for v in values),
            f"{name} must be above 0 and at most {most:,}.",
        )


def require_weights(config: object, *names: str) -> None:
    """Check that these weights of losses are finite and not negative."""
    for name in names:
        require(0 <= getattr(config, name) <= 1e9, f"{name} must be a number, 0 or above, at most 1e9.")


def largest_map(channels: tuple[int, ...], edge: int) -> int:
    """Count the numbers in the largest of the maps of these widths, each further one of half the size."""
    return max(width * (edge >> level) ** 2 for level, width in enumerate(channels))


def shrinking(size: int, most: int) -> int:
    """Find by how much images are shrunk, a power of two, so that they are at most so large.

    Args:
        size: Their edge in pixels.
        most: The largest edge; 0 is no bound.
    """
    by = 1
    while most and size > most * by:
        by *= 2
    return by


def require_lookahead(stage: str, seconds: float) -> None:
    """Check a stage's lookahead.

    Raises:
        ConfigError: It is out of its range.
    """
    require(0 <= seconds <= FURTHEST_S, f"{stage}.lookahead_s must be from 0 to {FURTHEST_S:.0f} seconds.")


def lookahead_frames(seconds: float, fps: float) -> int:
    """Count the frames that a network hears ahead: whole blocks of generation, about so many seconds.

    Args:
        seconds: 0 is none; of more it is one block at least.
        fps: Frames a second.
    """
    return BLOCK_FRAMES * max(1, round(seconds * fps / BLOCK_FRAMES)) if seconds else 0


def require(condition: bool, sentence: str) -> None:
    """Check that a condition holds.

    Raises:
        ConfigError: It does not; this is the sentence.
    """
    if not condition:
        raise ConfigError(sentence)


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(JsonConfig):
    """Settings of a stage's training: its length, portions, rates and checkpoints.

    Attributes:
        steps: Optimiser steps.
        batch: Sequences a step.
        sequence: Frames a sequence.
        lr: Adam's learning rate at the start (paper: 1e-3).
        lr_end: The rate it falls to, geometrically, at the last step (paper: 1.25e-4).
        clip_norm: Gradients are scaled down to this norm.
        ema: Decay of the exponential moving average of the weights, which then is what generates (ours);
            0 keeps the weights as they are.
        checkpoint_every: Steps between checkpoints.
        checkpoints: How many of the last ones stay; the best one stays as well.
        validate_every: Steps between validations on held-out footage: losses, images, which one is the best.
        export: The weights that go into the run: the "last", or the "best" (of the held-out loss).
        patience: After so many validations in a row without a better held-out loss the training ends, with
            the best weights (early stopping); 0: never. So it does where nothing is held out.
    """

    steps: int
    batch: int
    sequence: int
    lr: float = 1e-3
    lr_end: float = 1.25e-4
    clip_norm: float = 1.0
    ema: float = 0.0
    checkpoint_every: int = 250
    checkpoints: int = 2
    validate_every: int = 250
    export: Literal["last", "best"] = "last"
    patience: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "sequence", "checkpoint_every", "checkpoints", "validate_every"):
            most = 100_000 if name in ("batch", "sequence") else 10**9
            require(1 <= getattr(self, name) <= most, f"{name} must be at least 1, at most {most:,}.")
        require(
            0 < self.lr_end <= self.lr <= 1000,
            "The learning rate must be positive and fall: 0 < lr_end <= lr (at most 1000).",
        )
        require_positive(self, "clip_norm", most=1e9)
        require(0 <= self.ema < 1, "ema must be in [0, 1).")
        require(0 <= self.patience <= 10**9, "patience must be 0 or above, at most 1,000,000,000.")


@dataclass(frozen=True, kw_only=True)
class AudioEncoderConfig(JsonConfig):
    """The 1-D CNN over a window's 87 columns (the 84 bins are its input channels).

    Attributes:
        channels: Width of each convolution; every one halves the columns.
        features: Size of the resulting vector.
        leak: Slope of the vector's ReLU below zero (ours): with one, no feature can die.
        standardise: Centre and scale the windows by the training set's statistics, which the weights hold
            (ours): what all windows have in common would else rule the first steps, and ReLUs die of it.
        from_khp: Begin as KHP's trained encoder, which is of the same sizes (ours): in CVG, STU and D.
        harmonics: Maps over pitch and time, in which every bin is seen beside its harmonics, that the
            convolutions begin from in the place of the bins (ours; 0: the paper); see `layers.harmonics`.
    """

    channels: tuple[int, ...] = (128, 128, 128, 128)
    features: int = 128
    leak: float = 0.0
    standardise: bool = False
    from_khp: bool = False
    harmonics: int = 0

    def __post_init__(self) -> None:
        require_positive(self, "channels", "features")
        require(0 <= self.leak < 1, "leak must be in [0, 1).")
        require(len(self.channels) <= 7, "The audio encoder halves 87 columns at most seven times.")
        require(0 <= self.harmonics <= 64, "harmonics must be from 0 to 64.")
