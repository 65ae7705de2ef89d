"""What is drawn in a training besides its batches; like them, a pure function of (seed, step, sample)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def sample_generators(seed: int, step: int, samples_b: Tensor) -> list[torch.Generator]:
    """A random generator for each sample of a step, the same whichever process works on it."""
    states = [np.random.SeedSequence([seed, step, int(k)]).generate_state(1, np.uint64)[0] for k in samples_b]
    return [torch.Generator().manual_seed(int(state) % 2**63) for state in states]


def shown(count: int, share: float, generators: Sequence[torch.Generator]) -> Tensor:
    """Which of each sample's real things take the predicted ones' place, (b, count); with chance `share`."""
    return torch.stack([torch.rand(count, generator=g) for g in generators]) < share


def dropout(size: int, share: float, generators: Sequence[torch.Generator]) -> Tensor:
    """Variational dropout (Gal and Ghahramani 2016): what all frames of a sample are multiplied by (b, size).

    With chance `share` it is 0, else 1 / (1 - share), so that nothing changes on average.
    """
    return torch.stack([torch.rand(size, generator=g) >= share for g in generators]) / (1 - share)
