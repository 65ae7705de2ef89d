"""What a machine lacks is one sentence, with what to install."""

from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from apvg_core.errors import ApvgError, ConfigError, DependencyError
from apvg_core.virtual.requirements import explained


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (ModuleNotFoundError("No module", name="moderngl"), DependencyError, r"apvg\[virtual\]"),
        (ModuleNotFoundError("No module", name="mido.midifiles"), DependencyError, r"apvg\[virtual\]"),
        (ImportError("libGL.so.1: cannot open shared object file"), DependencyError, "libgl1"),
        (BrokenProcessPool(), ApvgError, "--jobs"),
        (NotADirectoryError(20, "Not a directory"), ConfigError, r"Not a directory.*--out"),
    ],
)
def test_what_is_missing_or_in_the_way_is_a_sentence(
    tmp_path: Path, error: Exception, kind: type[ApvgError], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence), explained(tmp_path):
        raise error


@pytest.mark.parametrize(
    "error", [ModuleNotFoundError("ours", name="apvg_core.missing"), ImportError("ours")]
)
def test_a_bug_stays_a_bug(tmp_path: Path, error: ImportError) -> None:
    with pytest.raises(ImportError, match="ours"), explained(tmp_path):
        raise error
