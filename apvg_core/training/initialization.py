"""Beginning with another run's weights, wherever they fit."""

import logging
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from apvg_core import pretrained
from apvg_core.errors import ConfigError
from apvg_core.run.seeds import run_title
from apvg_core.run.weights import Whose, read_stage_config, read_weights, weights_checksum, weights_path
from apvg_core.training.initial_run import fitting
from apvg_core.training.setup import TrainingSetup

log = logging.getLogger(__name__)


def initialize(setup: TrainingSetup, networks: Mapping[Whose, nn.Module]) -> dict[str, Any]:
    """Copy the weights of `setup.init` into fresh networks, where names and shapes agree.

    An audio encoder is taken as a whole or not at all, with the statistics that it was trained with. Where
    the training goes on from a checkpoint, nothing is copied.

    Args:
        setup: The training.
        networks: The network that generates, and what it is trained beside.

    Returns:
        Facts about it for run.json: none, or "init" with the run's title, its weights' checksum, and the
        share of this network's numbers that were taken.

    Raises:
        ConfigError: The training was begun with another run's weights, or nothing fits.
        RunError: The other run lacks the stage, or is damaged.
    """
    if setup.checkpoint:
        begun = setup.checkpoint.facts.get("init")
        if setup.init and (begun is None or begun["run"] != run_title(setup.init.resolve())):
            was = f"begun with --init {begun['run']}" if begun else "begun without --init"
            raise ConfigError(f"{setup.stage} was {was}; go on with that, or choose another --run.")
        return {"init": begun} if begun else {}
    if setup.init is None:
        return {}
    read_stage_config(setup.init, setup.stage)  # says so where the stage is missing
    shares = {
        whose: _copy(read_weights(setup.init, setup.stage, network, whose), network)
        for whose, network in networks.items()
        if weights_path(setup.init, setup.stage, whose).is_file()
    }
    if not shares["model"]:
        raise ConfigError(f"Nothing of {setup.stage} in --init {setup.init} fits this recipe; leave it out.")
    checksum = weights_checksum(setup.init, setup.stage)
    title = run_title(setup.init.resolve())
    whose = f"{title}, which came with apvg" if setup.init.parent == pretrained.FOLDER else str(setup.init)
    log.info("%s begins with %.0f %% of its weights from %s.", setup.stage, 100 * shares["model"], whose)
    return {"init": {"run": title, "sha256": checksum, "share": round(shares["model"], 3)}}


@torch.no_grad()
def _copy(theirs: Mapping[str, Tensor], network: nn.Module) -> float:
    """Copy what fits, and return its share of the network's numbers."""
    ours = network.state_dict()
    names, share = fitting(network, {name: tuple(tensor.shape) for name, tensor in theirs.items()})
    for name in names:
        ours[name].copy_(theirs[name])
    return share
