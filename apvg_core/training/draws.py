"""Random numbers of a training besides its batches; like them, a function of (seed, step, sample)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def sample_generators(seed: int, step: int, samples_b: Tensor) -> list[torch.Generator]:
    """Make a random generator for each sample [shape=(b,)], the same whichever process works on it."""
    states = [np.random.SeedSequence([seed, step, int(k)]).generate_state(1, np.uint64)[0] for k in samples_b]
    return [torch.Generator().manual_seed(int(state) % 2**63) for state in states]


def step_generator(seed: int, step: int) -> torch.Generator:
    """Make a random generator for what all samples of a step share, independent of the samples' own."""
    # a key, as a step's number followed by sample 0 would be the same seed as without
    state = np.random.SeedSequence([seed, step], spawn_key=(1,)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state) % 2**63)


def bernoulli_mask(count: int, share: float, generators: Sequence[torch.Generator]) -> Tensor:
    """Draw `count` truths for each sample, (b, count) bool, each true with probability `share`."""
    return torch.stack([torch.rand(count, generator=g) for g in generators]) < share


def dropout(size: int, share: float, generators: Sequence[torch.Generator]) -> Tensor:
    """Draw the factors (b, size) of variational dropout (Gal and Ghahramani 2016).

    A sample's frames share them. With chance `share` one is 0, else 1 / (1 - share), so that nothing changes
    on average.
    """
    return torch.stack([torch.rand(size, generator=g) >= share for g in generators]) / (1 - share)
