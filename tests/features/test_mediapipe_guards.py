"""Guards around MediaPipe's calls leave the process as it was."""

import locale
import os

from apvg_core.features.mediapipe_guards import ascii_locale, discarded_stderr


def test_what_is_written_meanwhile_is_discarded(capfd):
    os.write(2, b"before ")
    with discarded_stderr():
        os.write(2, b"meanwhile ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_the_locale_comes_back():
    original = locale.setlocale(locale.LC_CTYPE)
    with ascii_locale():
        assert locale.setlocale(locale.LC_CTYPE) == "C"
    assert locale.setlocale(locale.LC_CTYPE) == original
