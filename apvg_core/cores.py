"""CPU cores that this process may use: often fewer than the machine has."""

import math
import os
from collections.abc import Iterator
from pathlib import Path


def available_cores(system: Path = Path("/")) -> int:
    """Count the cores that this process may use.

    It may be bound to some (Slurm, `taskset`), or limited by control groups (containers).

    Args:
        system: The root of the file system, where the kernel's files lie.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([bound, *(math.ceil(quota) for quota in _read_quotas(system))]))


def _read_quotas(system: Path) -> Iterator[float]:
    """Read the limits, in cores, of this process's control group and of all its parents."""
    try:
        lines = (system / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue  # version 1 has a hierarchy for each controller, version 2 one for all
        root = system / ("sys/fs/cgroup/cpu" if controllers else "sys/fs/cgroup")
        own = root / group.lstrip("/")
        for folder in (own, *own.parents):  # a container may see its own group as the root
            if folder.is_relative_to(root):
                yield from _read_quota(folder)


def _read_quota(folder: Path) -> Iterator[float]:
    """Read the limit of one control group in cores, if it has one."""
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text(encoding="utf-8").split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text(encoding="utf-8")
            period = (folder / "cpu.cfs_period_us").read_text(encoding="utf-8")
        if quota != "max" and int(quota) > 0:
            yield int(quota) / int(period)
    except (OSError, ValueError):
        return
