"""Choice of the run that a stage begins with (`--init auto`): of those that came with APVG, the nearest."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import nn

from apvg_core.config import Stage
from apvg_core.instruments import of_one_family
from apvg_core.layers.blocks import AudioEncoder
from apvg_core.pretrained import Embedded, embedded
from apvg_core.run.info import RunInfo, is_trained
from apvg_core.run.weights import read_shapes
from apvg_core.stages.networks import build_network

LEAST_SHARE: Final = 0.5
"""Of a network's numbers: with fewer of them it would be another network with some odd parts of this one."""


def initial_run(stage: Stage, info: RunInfo) -> Path | None:
    """Choose the run that came with APVG whose weights a stage of a new run begins with.

    One of the same instrument comes first, then one of its family, as the player moves alike. To draw, any
    will do; to move, none of another family. Of equals, the one is taken whose held-out loss is the smallest
    share of that of its mean baseline.

    Args:
        stage: The stage.
        info: The new run.

    Returns:
        The run's folder; None where no network is of the same shapes, or nobody plays anything alike.

    Raises:
        RunError: One that came along is damaged.
    """
    with torch.device("meta"):
        network = build_network(getattr(info.recipe, stage), info.fps)
    fit = [
        each
        for each in embedded()
        if each.info.cqt_mode == info.cqt_mode  # else it has heard something else
        and (stage != "khp" or of_one_family(each.info.instrument, info.instrument))
        and is_trained(each.run, each.info, stage)
        and fitting(network, read_shapes(each.run, stage, network))[1] >= LEAST_SHARE
    ]
    return min(fit, key=lambda each: _distance(each, stage, info.instrument)).run if fit else None


def _distance(of: Embedded, stage: Stage, instrument: str) -> tuple[bool, bool, float]:
    theirs = of.info.instrument
    held_out = of.info.stages[stage].get("held_out", {})
    loss = held_out.get("loss", math.inf) / held_out.get("mean_baseline", 1.0)
    return theirs != instrument, not of_one_family(theirs, instrument), loss


def fitting(network: nn.Module, shapes: Mapping[str, tuple[int, ...]]) -> tuple[set[str], float]:
    """Find which of a network's weights can begin as others of these shapes.

    Args:
        network: The network, which may be without memory (on the device "meta").
        shapes: Of the others, by name.

    Returns:
        The names, and their share of the network's numbers, in [0, 1].
    """
    ours = network.state_dict()
    names = {name for name, tensor in ours.items() if shapes.get(name) == tuple(tensor.shape)}
    for prefix, module in network.named_modules():
        if isinstance(module, AudioEncoder):
            encoder = {f"{prefix}.{name}" for name in module.state_dict()}
            if not encoder <= names:
                names -= encoder
    return names, sum(ours[name].numel() for name in names) / sum(t.numel() for t in ours.values())
