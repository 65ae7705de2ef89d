"""Device and precision of PyTorch's networks."""

import platform
from contextlib import AbstractContextManager
from typing import TypeVar

import torch
from torch import nn

from apvg_core.config import Precision
from apvg_core.errors import ConfigError


def choose_device(name: str, number: int = 0) -> torch.device:
    """Find the device of a name; "auto" and "cuda" are the GPU of that number, "auto" the CPU without one.

    Raises:
        ConfigError: There is no such device here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        name = f"cuda:{number}"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ConfigError(f"--device {name} is not available here; leave it out, or use cpu.") from error
    return device


def choose_precision(name: Precision, device: torch.device) -> torch.dtype:
    """Choose the arithmetic to train with; "auto" is bfloat16 where the device has instructions for it.

    Raises:
        ConfigError: bfloat16 is asked for on a CPU for which PyTorch cannot even emulate it in its LSTMs.
    """
    if name == "bf16" and device.type == "cpu" and not _cpu_computes_bf16():
        raise ConfigError(
            "This CPU cannot train with --precision bf16; leave it out, or use a machine that can."
        )
    if name == "auto":
        if device.type == "cuda":
            fast = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            fast = torch.backends.mkldnn.is_available() and cpu_has_bf16()
        return torch.bfloat16 if fast else torch.float32
    return {"fp32": torch.float32, "bf16": torch.bfloat16}[name]


def _cpu_computes_bf16() -> bool:
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def cpu_has_bf16() -> bool:
    """Return True if the CPU has instructions for bfloat16; without, float32 is faster."""
    if platform.machine() in ("x86_64", "AMD64"):  # oneDNN says yes where it only emulates them
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return _cpu_computes_bf16()


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    """Compute in that precision wherever it does no harm; the weights stay float32."""
    return torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32)


M = TypeVar("M", bound=nn.Module)


def to_device(network: M, device: torch.device) -> M:
    """Put a network on a device, channels innermost: several times as fast on a CPU."""
    return network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
