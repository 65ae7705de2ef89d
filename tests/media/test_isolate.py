import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from apvg_core.errors import MediaError, ShardError
from apvg_core.media.isolate import run_isolated

PATH = Path("some.mp4")


def add(a, b, *, progress):
    progress("adding", 1, 2, loss=0.5)
    return a + b, os.getpid()


def refuse(*, progress):
    raise ShardError("the shard is no good")


def fail(*, progress):
    return 1 / 0


def crash(*, progress):
    os.kill(os.getpid(), signal.SIGSEGV)


def report_forever(*, progress):
    while True:
        progress("waiting", 0, 1)


def test_the_result_and_the_progress_come_back_from_another_process():
    reports = []
    result, pid = run_isolated(
        add, 2, 3, path=PATH, on_progress=lambda *report, **facts: reports.append((*report, facts))
    )
    assert result == 5
    assert pid != os.getpid()
    assert reports == [("adding", 1, 2, {"loss": 0.5})]


def test_a_users_error_is_raised_as_it_is():
    with pytest.raises(ShardError, match=r"^the shard is no good$"):
        run_isolated(refuse, path=PATH)


def test_a_bug_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="fail") as caught:
        run_isolated(fail, path=PATH)
    assert "ZeroDivisionError" in caught.value.__notes__[0]


def test_a_crash_names_the_file():
    with pytest.raises(MediaError, match=r"some\.mp4 could not be decoded \(the decoder crashed\)"):
        run_isolated(crash, path=PATH)


def test_an_interrupted_parent_leaves_no_orphan():
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_isolated(report_forever, path=PATH, on_progress=interrupt)
    assert multiprocessing.active_children() == []
