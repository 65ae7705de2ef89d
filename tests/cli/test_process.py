"""NextSteps in surroundings of all kinds: closed streams, other alphabets, signals."""

import json
import locale
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from apvg_cli.process import EndingSignals

APVG = [sys.executable, "-m", "apvg_cli"]


def surroundings(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **changes}


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed(closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *APVG, "--version"],
        env=surroundings(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("apvg ") == (">&-" not in closed.replace("2>&-", ""))


def test_what_nobody_reads_ends_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*APVG, "--help"], env=surroundings(), stdout=writer, stderr=subprocess.PIPE, timeout=60
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_messages_that_nobody_reads_end_nothing(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*APVG, "info", "nowhere"], env=surroundings(), stdout=subprocess.PIPE, stderr=writer, timeout=60
    )
    os.close(writer)
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize(
    "alphabet",
    [
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "tr_TR.UTF-8"},
        {"LC_ALL": "de_DE.ISO-8859-1"},
    ],
)
def test_any_name_is_told_in_any_alphabet(alphabet: dict[str, str]) -> None:
    done = subprocess.run(
        [*APVG, "info", b"na\xefve \xe2\x99\xad.wav"],
        env=surroundings(**alphabet),
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"apvg: na")
    assert b"does not exist; info takes" in done.stderr


def test_json_is_json_in_ascii() -> None:
    code = (
        "from apvg_cli import console; from apvg_cli.process import prepare_streams; prepare_streams();"
        "console.document({'é': '\\udce9'})"
    )
    for alphabet in ("ascii", "utf-8"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=surroundings(PYTHONIOENCODING=alphabet),
            capture_output=True,
            timeout=60,
        )
        assert json.loads(done.stdout.decode(alphabet)) == {"é": "\udce9"}


@pytest.fixture
def handlers():
    """Put the signals' handlers back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    kept = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, kept, strict=True):
        signal.signal(number, handler)


def test_signals_interrupt_once(handlers: None) -> None:
    signals = EndingSignals()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)  # while it is tidying up
    assert signals.last == signal.SIGTERM


def test_nohup_is_obeyed(handlers: None) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    EndingSignals()
    signal.raise_signal(signal.SIGHUP)


@pytest.mark.slow
def test_mediapipe_works_in_turkish(monkeypatch: pytest.MonkeyPatch) -> None:
    if not _has_turkish():
        pytest.skip("no tr_TR.UTF-8 here")
    code = (
        "from apvg_core.features.pose import HolisticEstimator as E; E(video=False).close(); print('set up')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=surroundings(LC_ALL="tr_TR.UTF-8"), capture_output=True, text=True
    )
    assert done.stdout == "set up\n", done.stderr


def _has_turkish() -> bool:
    kept = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "tr_TR.UTF-8")
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_CTYPE, kept)
    return True
