"""The network of each stage, by the type of its settings."""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn

from apvg_core.stages.cvg.network import CVG
from apvg_core.stages.cvg.settings import CVGConfig
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.khp.settings import KHPConfig
from apvg_core.stages.spec import StageSpec
from apvg_core.stages.stu.baselines.ebdn import EBDN
from apvg_core.stages.stu.baselines.settings import EBDNConfig, Vid2VidConfig
from apvg_core.stages.stu.baselines.vid2vid import Vid2Vid
from apvg_core.stages.stu.network import STU
from apvg_core.stages.stu.settings import STUConfig

_NETWORKS: Final[Mapping[type, Any]] = {STUConfig: STU, EBDNConfig: EBDN, Vid2VidConfig: Vid2Vid}


def build_network(
    config: KHPConfig | CVGConfig | STUConfig | EBDNConfig | Vid2VidConfig, fps: float
) -> nn.Module:
    """Build a network with fresh weights, for videos of so many frames a second."""
    if isinstance(config, KHPConfig):
        return KHP(config, fps)
    if isinstance(config, CVGConfig):
        return CVG(config, fps)
    network: nn.Module = _NETWORKS[type(config)](config)
    return network


def initial_state(
    spec: StageSpec,
    inputs: Mapping[str, Tensor],
    *,
    batch: int = 1,
    device: torch.device | str = "cpu",
) -> tuple[Tensor, ...]:
    """Make a network's state before the first block.

    Args:
        spec: The network's interface.
        inputs: The arrays that parts of the state begin as, by name, in the shapes of the spec.
        batch: Sequences.
        device: Where the rest is made.

    Returns:
        The parts of the state, in the shapes and the order of the spec.
    """
    return tuple(
        inputs[state.begins_as] if state.begins_as else torch.zeros(state.shape(batch=batch), device=device)
        for state in spec.state
    )
