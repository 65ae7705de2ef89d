import os

from apvg_core.files.processes import has_ended
from tests.files.limits import dead_pid


def test_has_ended() -> None:
    assert has_ended(dead_pid())
    assert not has_ended(os.getpid())
    assert not has_ended(1)  # another user's


def test_no_process_has_number_zero() -> None:
    assert not has_ended(0)
