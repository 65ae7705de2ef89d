"""What a machine is, as far as the speed of this package depends on it."""

import importlib.metadata
import os
import platform
import sys
from contextlib import suppress
from typing import Any

import apvg_core
from apvg_core.cores import available_cores


def describe_machine() -> dict[str, Any]:
    """Describe this machine and what computes on it.

    Returns:
        Names and values: versions (None is: not installed), the CPU, its cores (those that this process may
        use) and instructions, memory in GB (1e9 bytes), and GPUs.
    """
    return {
        "apvg": apvg_core.__version__,
        "Python": platform.python_version(),
        "PyTorch": _version("torch"),
        "OpenVINO": _version("openvino"),
        "system": platform.platform(),
        "CPU": _cpu_name(),
        "cores": available_cores(),
        "CPU instructions": _cpu_instructions(),
        "memory (GB)": _memory_gb(),
        "GPU": _gpus(),
    }


def load_per_core() -> float | None:
    """Returns how many processes compute or wait for a core, by core, in the last minute; None on Windows."""
    load = None
    if sys.platform != "win32":
        load = os.getloadavg()[0] / available_cores()
    return load


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_name() -> str:
    """Returns the CPU's name as OpenVINO knows it on every system; else what Python knows."""
    try:
        from openvino import Core

        return str(Core().get_property("CPU", "FULL_DEVICE_NAME")).strip()
    except (ImportError, RuntimeError):
        return platform.processor() or platform.machine()


def _cpu_instructions() -> list[str]:
    """Returns the sets of instructions that networks are faster with: those that PyTorch finds."""
    try:
        import torch

        from apvg_core.runtime.devices import cpu_has_bf16
    except ImportError:
        return []
    capability = torch.backends.cpu.get_cpu_capability()  # "DEFAULT", "AVX2", "AVX512", "NEON", …
    levels = {"AVX2": ["AVX2"], "AVX512": ["AVX2", "AVX-512"]}
    found = levels.get(capability, [] if capability == "DEFAULT" else [capability])
    return [*found, *(["bfloat16"] if cpu_has_bf16() else [])]


def _memory_gb() -> float | None:
    memory = None
    if sys.platform != "win32":
        with suppress(ValueError, OSError):  # some systems lack these names
            memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    return memory


def _gpus() -> list[str]:
    try:
        import torch
    except ImportError:
        return []
    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
