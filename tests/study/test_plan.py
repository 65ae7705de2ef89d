"""Checks before a study is made."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from apvg_core.errors import ApvgError, ConfigError, MediaError, RunError, StudyError
from apvg_core.study.make import make_study
from tests.study.helpers import other_run


@pytest.mark.parametrize(
    ("arrange", "error", "sentence"),
    [
        (lambda at: {"runs": at["runs"][:1]}, ConfigError, "name two or more, by --run or --instrument"),
        (lambda at: {"runs": at["runs"] * 2}, StudyError, "--run .*whole is the same run as .*whole, so"),
        (lambda at: {"runs": [at["runs"][0], at["copy"]]}, StudyError, "copy is the same run as .*whole, so"),
        (lambda at: {"runs": [at["runs"][0], at["namesake"]]}, ConfigError, "2 of the --run folders are nam"),
        (lambda at: {"songs": [*at["songs"], at["flac"]]}, ConfigError, "1.flac is the same recording as no"),
        (lambda at: {"songs": at["songs"] * 2}, ConfigError, "nocturne1.wav is the same recording as noc"),
        (lambda at: {"songs": [Path("gone.wav")]}, MediaError, "gone.wav"),
        (lambda at: {"runs": [*at["runs"], at["half"]]}, RunError, "lacks the stage stu"),
        (lambda at: {"performer": "bob"}, ConfigError, "--performer bob is not in the run"),
        (lambda at: {"out": at["songs"][0]}, ConfigError, "--out .*nocturne1.wav cannot be made"),
    ],
)  # fmt: skip
def test_all_is_checked_before_the_first_video(
    made, run, half_run, rival, songs, tmp_path, arrange: Callable[..., dict[str, Any]],
    error: type[ApvgError], sentence: str,
):  # fmt: skip
    copy = shutil.copytree(run, tmp_path / "copy", ignore=shutil.ignore_patterns("state", "logs"))
    (copy / "run.json").write_text(
        (copy / "run.json").read_text() + "\n"
    )  # written anew, with the same weights
    namesake = other_run(rival, tmp_path / "theirs/whole")
    soundfile.write(songs[0], *soundfile.read(songs[0], dtype="int16"))
    flac = tmp_path / "song1.flac"
    soundfile.write(flac, *soundfile.read(songs[0], dtype="int16"))
    others = {"half": half_run, "copy": copy, "namesake": namesake, "flac": flac}
    asked = {"songs": songs, "runs": [run, rival], "out": tmp_path / "study"}
    with pytest.raises(error, match=sentence):
        make_study(**{**asked, **arrange({**asked, **others})})
    assert made == []
