"""Several processes that train one network, each on its share of every batch (`torchrun`).

Two processes with half batches take the steps of one with the whole batch: every sample is drawn by its
own number, losses are means over counts that are the same everywhere (or averaged over all), and the
processes' gradients are averaged before each step. (Where a recording is shorter than a sequence, a process
averages over its own real frames, so these weigh a little more.) `DistributedDataParallel` does the same in
hooks of the backward pass; a GAN runs its discriminator several times before that gradient is whole, which
they forbid.

Without `torchrun` there is one process and nothing here costs anything.
"""

import atexit
import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from apvg_core.errors import RunError
from apvg_core.locks import alone_in

T = TypeVar("T")

PATIENCE = timedelta(days=1)
"""How long the others wait while the first process predicts, validates or writes."""


def join(device: torch.device) -> None:
    """Meet the other processes that `torchrun` has started, if it has; later calls do nothing."""
    if not dist.is_available() or dist.is_initialized() or int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    atexit.register(dist.destroy_process_group)


def alone_in_run(run: Path) -> AbstractContextManager[None]:
    """Hold a run folder for this training, all of whose processes share it; see `alone_in`.

    Before the processes meet, `torchrun` alone knows which is the first.
    """
    first = int(os.environ.get("WORLD_SIZE", "1")) == 1 or os.environ.get("RANK", "0") == "0"
    if not first:
        return nullcontext()
    return alone_in(run, other="Another training", flag="--run", error=RunError)


def local_rank() -> int:
    """Number of this process on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def rank() -> int:
    """Number of this process; the first, 0, is the only one that writes."""
    return dist.get_rank() if _several() else 0


def world_size() -> int:
    """Return the number of processes that train."""
    return dist.get_world_size() if _several() else 1


def _several() -> bool:
    return dist.is_available() and dist.is_initialized()


def barrier() -> None:
    """Wait until all have come here."""
    if _several():
        dist.barrier()


def share_weights(networks: Iterable[nn.Module]) -> None:
    """Give all processes the first one's weights: what each has found or read by itself may differ."""
    if not _several():
        return
    for network in networks:
        for tensor in network.state_dict().values():
            dist.broadcast(tensor, 0)


def average_gradients(network: nn.Module) -> None:
    """Replace each process's gradients by the mean over all of them."""
    if not _several():
        return
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= world_size()
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def mean(value: Tensor) -> Tensor:
    """Average a tensor of any shape, element by element, over all processes."""
    if not _several():
        return value
    total = value.detach().clone()
    dist.all_reduce(total)
    return total / world_size()


def any_process(condition: bool, device: torch.device) -> bool:
    """Return True if the condition holds in any process; all learn it at the same step."""
    return bool(mean(torch.tensor(float(condition), device=device)) > 0)


def gather(items: Iterable[T]) -> list[T]:
    """Gather all processes' items, in their order."""
    if not _several():
        return list(items)
    everything: list[list[T]] = [[] for _ in range(world_size())]
    dist.all_gather_object(everything, list(items))
    return [item for part in everything for item in part]
