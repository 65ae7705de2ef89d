import errno
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from apvg_core.errors import MediaError, ShardError
from apvg_core.media.isolate import IsolatedProcess, run_isolated

PATH = Path("some.mp4")


def add(a, b, *, progress):
    progress("adding", 1, 2, loss=0.5)
    return a + b, os.getpid()


def refuse(*, progress):
    raise ShardError("the shard is no good")


def fail(*, progress):
    return 1 / 0


def fill_the_disk(*, progress):
    raise OSError(errno.ENOSPC, "No space left on device", "/full")


def crash(*, progress):
    os.kill(os.getpid(), signal.SIGSEGV)


def warn(*, progress):
    logging.getLogger("apvg_core.media").warning("100% of it is grey")


def report_forever(scratch, *, progress):
    with tempfile.TemporaryDirectory(dir=scratch):
        while True:
            progress("waiting", os.getpid(), 1)


def test_the_result_and_the_progress_come_back_from_another_process():
    reports = []
    result, pid = run_isolated(
        add, 2, 3, path=PATH, on_progress=lambda *report, **facts: reports.append((*report, facts))
    )
    assert result == 5
    assert pid != os.getpid()
    assert reports == [("adding", 1, 2, {"loss": 0.5})]


def test_what_is_logged_there_is_logged_here(caplog):
    run_isolated(warn, path=PATH)
    assert caplog.record_tuples == [("apvg_core.media", logging.WARNING, "100% of it is grey")]


def test_a_users_error_is_raised_as_it_is():
    with pytest.raises(ShardError, match=r"^the shard is no good$"):
        run_isolated(refuse, path=PATH)


def test_a_full_disk_is_raised_as_it_is():
    with pytest.raises(OSError, match="No space left on device: '/full'"):
        run_isolated(fill_the_disk, path=PATH)


def test_a_bug_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="fail") as caught:
        run_isolated(fail, path=PATH)
    assert "ZeroDivisionError" in caught.value.__notes__[0]


def test_a_crash_names_the_file():
    with pytest.raises(MediaError, match=r"some\.mp4 could not be decoded \(the decoder crashed\)"):
        run_isolated(crash, path=PATH)


def test_an_interrupted_parent_leaves_no_orphan_and_no_scratch_files(tmp_path):
    pids = []

    def interrupt(_task, pid, _total):
        pids.append(pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_isolated(report_forever, tmp_path, path=PATH, on_progress=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    assert list(tmp_path.iterdir()) == []


def test_one_process_serves_many_calls_and_is_replaced_when_it_dies():
    with closing(IsolatedProcess()) as process:
        (_, first), (_, second) = (process.call(add, 1, 2, path=PATH) for _ in range(2))
        assert first == second
        with pytest.raises(ShardError):
            process.call(refuse, path=PATH)
        assert process.call(add, 1, 2, path=PATH) == (3, first)
        with pytest.raises(MediaError):
            process.call(crash, path=PATH)
        total, third = process.call(add, 1, 2, path=PATH)
        assert total == 3
        assert third != first


def test_it_is_recycled(monkeypatch):
    monkeypatch.setattr("apvg_core.media.isolate.RECYCLED_AFTER", 2)
    with closing(IsolatedProcess()) as process:
        pids = [process.call(add, 1, 2, path=PATH)[1] for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_a_callers_error_leaves_no_answer_behind():
    def fail_at_once(*report, **facts):
        raise ValueError("no terminal")

    with closing(IsolatedProcess()) as process:
        with pytest.raises(ValueError, match="no terminal"):
            process.call(add, 1, 2, path=PATH, on_progress=fail_at_once)
        assert process.call(add, 3, 4, path=PATH)[0] == 7


def chatter(*, progress):
    os.write(1, b"a library's words")
    return "heard"


def test_what_a_library_prints_is_no_answer():
    assert run_isolated(chatter, path=PATH) == "heard"


SCRIPT = """
import sys, threading, time
from pathlib import Path
from apvg_core.media.isolate import run_isolated
from tests.media.test_isolate import add, report_forever

if len(sys.argv) > 1:
    run_isolated(
        report_forever, sys.argv[1], path=Path("x"), on_progress=lambda _, pid, __: print(pid, flush=True)
    )
print(run_isolated(add, 2, 3, path=Path("x"))[0])
"""


@pytest.mark.parametrize("given", ["file", "-c", "-"])
def test_a_plain_script_needs_no_guard(given, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = {"file": [str(script)], "-c": ["-c", SCRIPT], "-": ["-"]}[given]
    done = subprocess.run(
        [sys.executable, *command], input=SCRIPT, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("5\n", 0), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_process_ends_when_its_parent_is_killed_and_leaves_no_scratch_files(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with parent:
        child = int(parent.stdout.readline())
        parent.kill()
    gone = time.monotonic() + 10
    while (stat := Path(f"/proc/{child}/stat")).exists() and stat.read_text("utf-8").split()[2] != "Z":
        assert time.monotonic() < gone
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []
