"""Films of all kinds, the sounds beside them, and what is passed over."""

import pytest

from apvg_core.data.sources import find_recordings
from apvg_core.errors import MediaError


def test_sound_beside_the_video_is_taken(footage):
    sounds = {r.source: r.sound.name for r in find_recordings(footage).recordings}
    assert sounds["violin/anna/b.mp4"] == "b.flac"
    assert sounds["violin/anna/a.MOV"] == "a.MOV"


@pytest.mark.parametrize(
    "name",
    ["00001.MTS", "b.m4v", "c.M2TS", "d.3GP", "e.wmv", "f.MPG", "g.VOB", "h.dv", "i.flv", "j.OGV"],
)
def test_films_of_all_kinds_are_taken_in_any_case(tmp_path, name):
    path = tmp_path / "violin/anna" / name
    path.parent.mkdir(parents=True)
    path.touch()
    found = find_recordings(tmp_path)
    assert ([r.source for r in found.recordings], found.notes) == ([f"violin/anna/{name}"], [])


@pytest.mark.parametrize("name", ["b.WAV", "B.WAV", "b.AIF", "b.M4a", "b.opus"])
def test_sound_beside_a_film_is_taken_in_any_case(tmp_path, name):
    for file in ("b.mp4", name, f"._{name}", "._b.mp4"):
        (tmp_path / file).touch()
    found = find_recordings(tmp_path / "b.mp4", instruments=["violin"])
    assert [r.sound.name for r in found.recordings] == [name]
    assert found.notes == []


def test_of_two_sounds_beside_a_film_the_better_is_taken_and_named(footage):
    (footage / "violin/anna/b.mp3").touch()
    found = find_recordings(footage)
    assert found.notes == ["violin/anna/b.mp4 is heard in b.flac, not in b.mp3."]


def test_media_that_nothing_is_made_from_are_named(footage):
    for name in ("loose.MP4", "violin/anna/old/c.mov", "violin/anna/solo.wav", "violin/anna/clip.LRV"):
        (footage / name).parent.mkdir(exist_ok=True)
        (footage / name).touch()
    (note,) = find_recordings(footage).notes
    assert note.startswith("Passed over, as neither <instrument>/<performer>/ films nor the sound of one: ")
    assert note.endswith("loose.MP4, violin/anna/clip.LRV, violin/anna/old/c.mov, violin/anna/solo.wav.")
    (footage / "violin/anna/talk.mp3").touch()
    (note,) = find_recordings(footage).notes
    assert note.endswith("violin/anna/solo.wav and 1 more.")


def test_films_in_other_places_are_named_where_there_is_none(tmp_path):
    (tmp_path / "loose.mp4").touch()
    with pytest.raises(MediaError, match=r"where they are expected \(there is loose\.mp4\): store them"):
        find_recordings(tmp_path)
