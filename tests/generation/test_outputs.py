from pathlib import Path

import pytest

from apvg_core.errors import ConfigError, MediaError
from apvg_core.generation.outputs import Format, plan_outputs


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "songs" / name for name in ("b.mp3", "a.wav", "notes.txt")]
    paths[0].parent.mkdir()
    for path in paths:
        path.touch()
    return paths[:2]


def test_one_song_becomes_the_file_that_is_named(songs: list[Path], tmp_path: Path) -> None:
    for name in ("x.mp4", "x.WEBM", "x.mov", "x.gif"):
        assert plan_outputs(songs[:1], tmp_path / name) == [(songs[0], tmp_path / name)]


def test_songs_become_films_in_a_folder(songs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "films"
    assert plan_outputs(songs, out) == [(songs[0], out / "b.mp4"), (songs[1], out / "a.mp4")]
    assert plan_outputs([tmp_path / "songs"], out, form="webm") == [
        (songs[1], out / "a.webm"), (songs[0], out / "b.webm"),
    ]  # fmt: skip
    assert plan_outputs(songs[:1], out, form="png") == [(songs[0], out / "b")]
    assert not out.exists()
    dotted = tmp_path / "v1.2"
    dotted.mkdir()
    assert plan_outputs(songs[:1], dotted) == [(songs[0], dotted / "b.mp4")]


def test_what_does_not_fit(songs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"x\.avi must end in \.mp4, \.webm, \.mov or \.gif"):
        plan_outputs(songs[:1], tmp_path / "x.avi")
    with pytest.raises(ConfigError, match=r"x\.mp4 is one film; for 2 songs name a folder"):
        plan_outputs(songs, tmp_path / "x.mp4")
    twin = tmp_path / "b.flac"
    with pytest.raises(ConfigError, match=r"b\.mp3 and .*b\.flac would both become"):
        plan_outputs([songs[0], twin], tmp_path / "films")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MediaError, match="empty holds no songs"):
        plan_outputs([tmp_path / "empty"], tmp_path / "films")


def test_what_is_there_is_kept_unless_told_otherwise(songs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "x.mp4"
    out.touch()
    with pytest.raises(ConfigError, match=r"x\.mp4 is there already; --overwrite replaces it"):
        plan_outputs(songs[:1], out)
    assert plan_outputs(songs[:1], out, overwrite=True) == [(songs[0], out)]
    with pytest.raises(ConfigError, match="would be replaced"):
        plan_outputs([out], out, overwrite=True)


def test_hidden_files_are_passed_over(songs: list[Path], tmp_path: Path) -> None:
    for name in ("._a.wav", ".b.mp3"):
        (tmp_path / "songs" / name).touch()
    assert [song.name for song, _ in plan_outputs([tmp_path / "songs"], tmp_path / "films")] == [
        "a.wav",
        "b.mp3",
    ]


def test_capitals_in_suffixes(tmp_path: Path) -> None:
    (tmp_path / "TAKE1.WAV").touch()
    assert plan_outputs([tmp_path], tmp_path / "films") == [
        (tmp_path / "TAKE1.WAV", tmp_path / "films/TAKE1.mp4")
    ]


def test_names_too_long_for_a_film_are_found_out_when_it_is_made(tmp_path: Path) -> None:
    song = tmp_path / f"{'a' * 251}.wav"
    song.touch()
    assert plan_outputs([tmp_path], tmp_path, form="webm") == [(song, tmp_path / f"{'a' * 251}.webm")]


@pytest.mark.parametrize(
    ("out", "form"), [("x.webm", None), ("x.MOV", None), ("x", "webm"), ("x", "mov"), ("x", "png")]
)
def test_formats_with_transparency(songs: list[Path], tmp_path: Path, out: str, form: Format | None) -> None:
    assert plan_outputs(songs[:1], tmp_path / out, form=form, see_through=True)


@pytest.mark.parametrize(("out", "form"), [("x.mp4", None), ("x.gif", None), ("x", "gif"), ("x", None)])
def test_formats_without_it(songs: list[Path], tmp_path: Path, out: str, form: Format | None) -> None:
    with pytest.raises(
        ConfigError, match=r"--alpha needs .*; name a \.webm or \.mov with --out, or choose --format"
    ):
        plan_outputs(songs[:1], tmp_path / out, form=form, see_through=True)


def test_qualities_are_for_formats_that_have_them(songs: list[Path], tmp_path: Path) -> None:
    assert plan_outputs(songs[:1], tmp_path / "x.mp4", quality="upload")
    assert plan_outputs(songs[:1], tmp_path / "x.webm", quality=30)
    for out, form in (("x.gif", None), ("x.mov", None), ("x", "png")):
        with pytest.raises(ConfigError, match="--quality is for mp4 and webm"):
            plan_outputs(songs[:1], tmp_path / out, form=form, quality="upload")
        assert plan_outputs(songs[:1], tmp_path / out, form=form, quality="good")
    with pytest.raises(ConfigError, match="--quality 52 is not a constant rate factor of mp4"):
        plan_outputs(songs[:1], tmp_path / "x.mp4", quality=52)
