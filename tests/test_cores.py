import os
from pathlib import Path

import pytest

from apvg_core.cores import available_cores


@pytest.fixture(autouse=True)
def _sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)


def write(system: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = system / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return system


def test_affinity_counts(tmp_path: Path) -> None:
    assert available_cores(tmp_path) == 16


@pytest.mark.parametrize(("quota", "cores"), [("max 100000", 16), ("250000 100000", 3), ("5000 100000", 1)])
def test_a_containers_quota_counts(tmp_path: Path, quota: str, cores: int) -> None:
    system = write(tmp_path, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": quota})
    assert available_cores(system) == cores


def test_the_groups_around_ours_count(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/a/b\n",
        "sys/fs/cgroup/a/cpu.max": "200000 100000",
        "sys/fs/cgroup/a/b/cpu.max": "400000 100000",
    }
    assert available_cores(write(tmp_path, files)) == 2


def test_version_1_as_seen_in_a_container(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "3:cpuset:/docker/x\n2:cpu,cpuacct:/docker/x\n1:name=systemd:/docker/x\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    }
    assert available_cores(write(tmp_path, files)) == 4
