"""Only the absence: neither torchmetrics nor the weights are part of an installation."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from apvg_core.metrics import learned


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all packages were installed."""
    for name in ("torchmetrics", "torchmetrics.image", "torchmetrics.image.lpip", "torchmetrics.image.fid",
                 "torchvision", "torch_fidelity"):  # fmt: skip
        monkeypatch.setitem(sys.modules, name, ModuleType(name))


def test_absent_without_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    assert learned.available() == []
    assert "torchmetrics cannot be imported" in str(learned.why_absent("lpips"))


def test_absent_without_weights(packages: None) -> None:
    assert learned.available() == []
    assert "weights-inception" in str(learned.why_absent("fid"))


def test_one_may_be_there_without_the_other(packages: None) -> None:
    weights = Path(torch.hub.get_dir(), "checkpoints", learned.WEIGHTS["lpips"])
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.touch()
    try:
        assert learned.available() == ["lpips"]
    finally:
        weights.unlink()


def test_what_is_absent_has_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    metrics = learned.Learned()
    metrics.add(*np.zeros((2, 3, 8, 8, 3), np.uint8))
    assert [metric.measure(metrics) for metric in learned.METRICS] == [None, None]
