import platform
from pathlib import Path

import pytest
import torch

from apvg_core.errors import ConfigError
from apvg_core.generation import runtime
from apvg_core.generation.runtime import choose_precision

CPUINFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(platform.machine() != "x86_64" or not CPUINFO.exists(), reason="reads Linux' cpuinfo")
def test_a_cpu_trains_in_bfloat16_only_where_it_has_the_instructions() -> None:
    has = {"avx512_bf16", "amx_bf16"} & set(CPUINFO.read_text().split())
    assert choose_precision("auto", torch.device("cpu")) == (torch.bfloat16 if has else torch.float32)


@pytest.mark.parametrize("has", [True, False])
def test_what_is_asked_for_is_used_or_refused(has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a CPU has no instructions for it, PyTorch's LSTMs would fail in the midst of a training."""
    monkeypatch.setattr(runtime, "_cpu_has_bf16", lambda: has)
    cpu = torch.device("cpu")
    assert choose_precision("fp32", cpu) == torch.float32
    assert choose_precision("auto", cpu) == (torch.bfloat16 if has else torch.float32)
    if has:
        assert choose_precision("bf16", cpu) == torch.bfloat16
    else:
        with pytest.raises(ConfigError, match="cannot train with --precision bf16: use fp32"):
            choose_precision("bf16", cpu)
