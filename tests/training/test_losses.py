"""The weighted sum of losses."""

import pytest
import torch

from apvg_core.training import losses


def test_weighted_sum_wants_a_weight_for_every_term() -> None:
    terms = {"a": torch.tensor(2.0), "b": torch.tensor(3.0)}
    assert losses.weighted_sum(terms, {"a": 10.0, "b": 0.0}) == 20
    with pytest.raises(AssertionError):
        losses.weighted_sum(terms, {"a": 1.0})
