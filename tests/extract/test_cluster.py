"""Extraction on a Dask cluster: a scheduler and two worker processes on this machine."""

import os
import signal
import threading
import time

import pytest

from apvg_core.config import ExtractConfig
from apvg_core.data.sources import find_recordings
from apvg_core.extract import extract
from tests.extract.test_extract import assert_same, content_of
from tests.synth import excerpt

distributed = pytest.importorskip("distributed", reason="extra [cluster] is not installed")

CONFIG = ExtractConfig(size=32, fps=10.0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_lost_worker_costs_nothing(tmp_path):
    folder = tmp_path / "footage" / "cello" / "p1"
    folder.mkdir(parents=True)
    for number in range(4):
        excerpt(folder / f"film{number}.mp4", 2 + 0.2 * number)
    recordings = find_recordings(tmp_path / "footage").recordings
    local, clustered = tmp_path / "local", tmp_path / "clustered"
    extract(recordings, local, CONFIG, jobs=2)

    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        victim = next(iter(client.run(os.getpid).values()))

        def kill_half_way() -> None:
            while len(list(clustered.glob("*/*/*.h5"))) < 1:
                time.sleep(0.05)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill_half_way, daemon=True)
        killer.start()
        report = extract(recordings, clustered, CONFIG, jobs=2, cluster=client.get_executor())
        killer.join(10)
    assert report.failures == []
    # decibels near the floor: a worker may compute with another number of threads, and round differently
    assert_same(content_of(local), content_of(clustered), atol=5e-3)
