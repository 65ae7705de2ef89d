"""Steps on a cluster's workers, and in processes whose progress is added up."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from apvg_core.extract.scheduler import Step
from apvg_core.extract.workers import workers
from apvg_core.progress import silent

UNIT = SimpleNamespace(recording=SimpleNamespace(source="a.mp4"))


def count(_unit, part, *, progress):
    for done in range(1, 4):
        progress("extract a.mp4", done, 6)
    return part


def test_a_cluster_runs_steps_in_silence():
    def step(unit, *, progress):
        return unit, progress

    with ThreadPoolExecutor(1) as cluster, workers(1, cluster, silent) as submit:
        assert submit(Step(step, (UNIT,))).result() == (UNIT, silent)


def test_the_progress_of_parts_is_added_up():
    calls = []
    with workers(1, None, lambda *call, **_facts: calls.append(call)) as submit:
        assert [submit(Step(count, (UNIT, part))).result() for part in (0, 1)] == [0, 1]
    assert [done for _, done, _ in calls][-1] == 6
    assert {(task, total) for task, _, total in calls} == {("extract a.mp4", 6)}
