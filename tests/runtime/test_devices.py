import platform
from pathlib import Path

import pytest
import torch

from apvg_core.errors import ConfigError
from apvg_core.runtime import devices as runtime
from apvg_core.runtime.devices import choose_precision

CPUINFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(platform.machine() != "x86_64" or not CPUINFO.exists(), reason="reads Linux' cpuinfo")
def test_a_cpu_trains_in_bfloat16_only_where_it_has_the_instructions() -> None:
    has = {"avx512_bf16", "amx_bf16"} & set(CPUINFO.read_text(encoding="utf-8").split())
    assert choose_precision("auto", torch.device("cpu")) == (torch.bfloat16 if has else torch.float32)


def test_what_is_asked_for_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_cpu_computes_bf16", lambda: True)
    cpu = torch.device("cpu")
    assert (choose_precision("fp32", cpu), choose_precision("bf16", cpu)) == (torch.float32, torch.bfloat16)


def test_what_would_fail_in_the_midst_of_a_training_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_cpu_computes_bf16", lambda: False)
    with pytest.raises(ConfigError, match="cannot train with --precision bf16; leave it out"):
        choose_precision("bf16", torch.device("cpu"))
    assert choose_precision("bf16", torch.device("cuda")) == torch.bfloat16
