"""Making a study."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from apvg_core.errors import StudyError
from apvg_core.study import make
from apvg_core.study.key import read_key
from apvg_core.study.make import make_study
from tests.study.helpers import other_run


def interrupted(made: list[Any], after: int, *arguments: Any) -> None:
    """Make a study; Ctrl-C comes after so many videos."""
    with pytest.MonkeyPatch.context() as patch:
        whole = make.render

        def render(*args: Any, **settings: Any) -> None:
            if len(made) == after:
                raise KeyboardInterrupt
            whole(*args, **settings)

        patch.setattr(make, "render", render)
        with pytest.raises(KeyboardInterrupt):
            make_study(*arguments)


@pytest.mark.slow
def test_nothing_reveals_which_run_made_a_video(
    run: Path, rival: Path, songs: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "study"
    key = make_study(songs[:1], [run, rival], out)
    videos = sorted((out / "videos").iterdir())
    assert sorted(path.name for path in out.iterdir()) == ["index.html", "key.json", "videos"]
    assert [path.stem for path in videos] == sorted(video.id for video in key.videos())
    assert [video.run for video in key.videos()] == ["whole", "rival"]
    assert read_key(out) == key
    for path in (out / "index.html", *videos):
        told = path.name.encode() + path.read_bytes()
        assert not [word for word in (b"whole", b"rival", b"nocturne", b"theremin") if word in told]
    assert all(b"synthetic" in path.read_bytes() for path in videos)
    assert "://" not in (out / "index.html").read_text()  # nothing comes from elsewhere


@pytest.mark.slow
def test_an_interrupted_study_goes_on(made, run, rival, songs, tmp_path):
    out = tmp_path / "study"
    interrupted(made, 3, songs, [run, rival], out)
    key = read_key(out)
    assert not (out / "index.html").exists()
    assert make_study(songs, [run, rival], out) == key
    assert made == [(f"nocturne{n}", name) for n in (1, 2) for name in ("whole", "rival")]
    assert make_study(songs, [run, rival], out) == key
    assert len(made) == 4
    (out / "videos" / f"{key.sets[1].videos[0].id}.mp4").unlink()
    make_study(songs, [run, rival], out)
    assert made[4:] == [("nocturne2", "whole")]


@pytest.mark.slow
def test_an_unfinished_study_takes_changes_and_keeps_what_is_the_same(made, run, rival, songs, tmp_path):
    out = tmp_path / "study"
    interrupted(made, 3, songs, [run, rival], out)
    before = read_key(out)
    (rival / "run.json").write_text((rival / "run.json").read_text() + "\n")  # trained on, say
    after = make_study(songs[:1], [run, rival], out)
    assert made[3:] == [("nocturne1", "rival")]
    assert after.study != before.study
    assert after.sets[0].videos[0] == before.sets[0].videos[0]
    assert {path.stem for path in (out / "videos").iterdir()} == {video.id for video in after.videos()}


@pytest.mark.slow
def test_runs_whose_videos_are_the_same_are_refused_once_they_are_seen_to_be(
    made, run, rival, songs, tmp_path
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "render", lambda song, networks, out, **_: out.write_bytes(b"black"))
        with pytest.raises(StudyError, match=r"whole and rival make the same video of .*nocturne1.wav, so"):
            make_study(songs, [run, rival], tmp_path / "study")
    assert not (tmp_path / "study/index.html").exists()
    other = other_run(rival, tmp_path / "third")
    shutil.rmtree(tmp_path / "study/videos")
    make_study(songs, [run, other], tmp_path / "study")  # and it goes on with others
    assert (tmp_path / "study/index.html").exists()


@pytest.mark.slow
def test_a_finished_study_stays_what_it_is(made, run, rival, songs, tmp_path):
    out = tmp_path / "study"
    key = make_study(songs, [run, rival], out)
    with pytest.raises(StudyError, match=r"index.html is not a page of these songs and runs; choose another"):
        make_study(songs[:1], [run, rival], out)
    assert read_key(out) == key
    assert len(list((out / "videos").iterdir())) == 4
