"""Audio encoders in training: what they begin with, and whether their features stay alive."""

import logging
from collections.abc import Iterable, Mapping
from typing import Final, cast

import torch
from torch import Tensor, nn

from apvg_core.data.statistics import spread_windows, window_statistics
from apvg_core.errors import RunError
from apvg_core.layers.blocks import AudioEncoder
from apvg_core.run.info import is_trained
from apvg_core.run.weights import weights_checksum
from apvg_core.runtime.pytorch import load_network
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.settings import AudioEncoderConfig
from apvg_core.training.setup import TrainingSetup

WINDOWS: Final = 256
"""Held-out windows, spread over all recordings, that features must vary over."""

STILL: Final = 0.01
"""A feature that varies by less than this share of the features' root mean square is dead."""

MANY: Final = 1 / 3
"""Share of dead features above which a training warns."""

log = logging.getLogger(__name__)


def audio_encoders(network: nn.Module) -> list[AudioEncoder]:
    """List a network's audio encoders."""
    return [module for module in network.modules() if isinstance(module, AudioEncoder)]


def begin_audio(encoder: AudioEncoder, config: AudioEncoderConfig, setup: TrainingSetup) -> str | None:
    """Give a fresh encoder what it begins with: KHP's weights, or the training set's statistics.

    Nothing is done where the training goes on from a checkpoint, which has all of it.

    Returns:
        The checksum of the weights of KHP that it began with, if it did.

    Raises:
        RunError: KHP is wanted and is not trained.
        ShardError: A shard is damaged.
    """
    if setup.checkpoint:
        return cast("str | None", setup.checkpoint.facts.get("audio_from"))
    if config.from_khp:
        khp, checksum = trained_khp(setup)
        encoder.load_state_dict(khp.motion.state_dict())
        return checksum
    if config.standardise:
        mean, std = window_statistics(setup.shards, setup.entries)
        encoder.mean.copy_(torch.from_numpy(mean)[:, None])
        encoder.std.fill_(std)
    return None


def trained_khp(setup: TrainingSetup) -> tuple[KHP, str | None]:
    """Load the KHP whose hearing a later stage begins with, and the checksum of its weights.

    Raises:
        RunError: It is not trained, or damaged.
    """
    if not is_trained(setup.run, setup.info, "khp"):
        raise RunError(
            f"{setup.stage} starts with the audio encoder of khp, and {setup.run} has no trained khp; "
            f"train it with 'apvg train-khp SHARDS --run {setup.run}'."
        )
    return cast(KHP, load_network(setup.run, "khp")), weights_checksum(setup.run, "khp")


@torch.no_grad()
def dead_share(encoder: AudioEncoder, windows_nfc: Tensor) -> float:
    """Compute the share of features that hardly vary over windows in dB [shape=(n, 84, 87)]."""
    features = encoder(windows_nfc).float()
    scale = features.square().mean().sqrt()
    return float((features.std(0) <= STILL * scale).float().mean())


class DeadFeatures:
    """Watches over a training's audio encoders.

    Args:
        setup: The training.
        networks: Its networks by name.
    """

    def __init__(self, setup: TrainingSetup, networks: Mapping[str, nn.Module]) -> None:
        self._stage = setup.stage
        self._encoders = {name: encoder for name, net in networks.items() for encoder in audio_encoders(net)}
        self._warned = False
        if self._encoders:
            windows = spread_windows(setup.shards, setup.held_out, WINDOWS)
            self._windows = torch.from_numpy(windows).to(setup.device)
            if len(windows) < 2:  # over one nothing varies
                self._encoders.clear()

    def measure(self) -> dict[str, float]:
        """Measure the share of dead features in each network's encoder, and warn once where it is large."""
        shares = {name: dead_share(encoder, self._windows) for name, encoder in self._encoders.items()}
        many = {name: share for name, share in shares.items() if share > MANY}
        if many and not self._warned:
            self._warned = True
            log.warning(
                "Of the audio features of %s, %s are the same whatever is played; a lower "
                "--set %s.training.lr may help.", self._stage, _listed(many.items()), self._stage,
            )  # fmt: skip
        return shares


def _listed(shares: Iterable[tuple[str, float]]) -> str:
    return " and ".join(f"{share:.0%} ({name})" for name, share in shares)
