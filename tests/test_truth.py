"""Truth files: what is wrong with one is said in a sentence."""

from pathlib import Path

import pytest

from apvg_core.errors import ConfigError
from apvg_core.evaluation.evaluate import evaluate


@pytest.mark.parametrize("text", ["hello", "{}", '{"frames": {"time": [0]}}', None])
def test_no_truth_is_one_sentence(shards: Path, run: Path, tmp_path: Path, text: str | None) -> None:
    (tmp_path / "truth").mkdir()
    if text is not None:
        (tmp_path / "truth/c.json").write_text(text)
    with pytest.raises(ConfigError, match=r"--truth .*c.json is (missing or no truth file|not of c.mp4)"):
        evaluate(shards, [run], tmp_path / "results", truth=tmp_path / "truth")
