"""The weighted sum that every stage's network minimises."""

from collections.abc import Mapping

import torch
from torch import Tensor


def weighted_sum(terms: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """Compute Σ weight · term, of scalars; every term has a weight and every weight a term."""
    assert terms.keys() == weights.keys(), (sorted(terms), sorted(weights))
    return torch.stack([weights[name] * term for name, term in terms.items()]).sum()
