import platform
from pathlib import Path

import pytest
import torch

from apvg_core.generation.runtime import choose_precision

CPUINFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(platform.machine() != "x86_64" or not CPUINFO.exists(), reason="reads Linux' cpuinfo")
def test_a_cpu_trains_in_bfloat16_only_where_it_has_the_instructions() -> None:
    has = {"avx512_bf16", "amx_bf16"} & set(CPUINFO.read_text().split())
    assert choose_precision("auto", torch.device("cpu")) == (torch.bfloat16 if has else torch.float32)


def test_what_is_asked_for_is_used() -> None:
    cpu = torch.device("cpu")
    assert (choose_precision("fp32", cpu), choose_precision("bf16", cpu)) == (torch.float32, torch.bfloat16)
