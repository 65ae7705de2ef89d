"""What there is to extract, and what is held out."""

import re

import pytest

from apvg_core.data.sources import Recording, assign_splits, find_recordings
from apvg_core.errors import ConfigError, MediaError
from apvg_core.media.frame_sources import VideoFrames


@pytest.fixture
def footage(tmp_path):
    for name in ("violin/anna/b.mp4", "violin/anna/a.MOV", "violin/ben/a.webm", "tuba/p1/take 1.mkv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "violin/anna/b.flac").touch()
    (tmp_path / "violin/anna/notes.txt").touch()
    (tmp_path / "violin/anna/._b.mp4").touch()
    return tmp_path


def test_folder(footage):
    found = find_recordings(footage)
    assert (found.layout, found.notes) == ("footage", [])
    assert [(r.instrument, r.performer, r.source) for r in found.recordings] == [
        ("tuba", "p1", "tuba/p1/take 1.mkv"),
        ("violin", "anna", "violin/anna/a.MOV"),
        ("violin", "anna", "violin/anna/b.mp4"),
        ("violin", "ben", "violin/ben/a.webm"),
    ]


def test_ids_are_unique_plain_and_stable(footage):
    (footage / "tuba/p1/take-1.mkv").touch()
    (footage / "tuba/p1/take 1.mp4").touch()
    ids = [r.id for r in find_recordings(footage).recordings]
    assert len(set(ids)) == 6
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ids)
    assert ids == [r.id for r in find_recordings(footage).recordings]
    assert ids[0].startswith("tuba-p1-take-1-")


def test_sound_beside_the_video_is_taken(footage):
    sounds = {r.source: r.sound.name for r in find_recordings(footage).recordings}
    assert sounds["violin/anna/b.mp4"] == "b.flac"
    assert sounds["violin/anna/a.MOV"] == "a.MOV"


def test_files_of_a_recording(footage):
    files = {r.source: [path.name for path in r.files()] for r in find_recordings(footage).recordings}
    assert files["violin/anna/b.mp4"] == ["b.mp4", "b.flac"]
    assert files["violin/anna/a.MOV"] == ["a.MOV"]


def test_folder_narrowed_down(footage):
    found = find_recordings(footage, instruments=["violin"], performer="ben")
    assert [r.source for r in found.recordings] == ["violin/ben/a.webm"]
    assert len(find_recordings(footage, instruments=["violin", "tuba"]).recordings) == 4
    with pytest.raises(ConfigError, match="--instrument can be tuba, violin"):
        find_recordings(footage, instruments=["violin", "flute"])
    with pytest.raises(ConfigError, match="--performer can be p1"):
        find_recordings(footage, instruments=["tuba"], performer="ben")
    with pytest.raises(ConfigError, match="--split is for Sub-URMP"):
        find_recordings(footage, splits=["train"])


def test_limit(footage):
    assert [r.source for r in find_recordings(footage, limit=2).recordings] == [
        "tuba/p1/take 1.mkv",
        "violin/anna/a.MOV",
    ]
    assert len(find_recordings(footage, limit=9).recordings) == 4
    with pytest.raises(ConfigError, match="--limit 0"):
        find_recordings(footage, limit=0)


def test_performers_file_for_footage(footage):
    file = footage / "who.txt"
    file.write_text("# Tuesday\n\ntake 1 = carla  # the new one\nc=dora\n")
    found = find_recordings(footage, performers_file=file)
    assert [r.performer for r in found.recordings] == ["carla", "anna", "anna", "ben"]
    assert found.notes == ["The performers file names recordings that are not among these: c."]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_performers_file_in_json(footage, mark):
    file = footage / "who.json"
    file.write_bytes(mark + b'{"take 1": "carla"}')
    assert find_recordings(footage, performers_file=file).recordings[0].performer == "carla"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("cello01 = ann\ncello02", r"Line 2 of .*who\.txt names nobody"),
        ("= ann", "Line 1"),
        ("cello01 =", "Line 1"),
        ("cello01 = ../ann", "cannot name"),
        ('{"cello01": 3}', "gives cello01 no name"),
        ("{cello01", "is not valid JSON"),
        (b"\xff\xfe\x00", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_bad_performers_files(footage, text, complaint):
    file = footage / "who.txt"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=complaint):
        find_recordings(footage, performers_file=file)


def test_single_video(footage):
    video = footage / "violin/anna/b.mp4"
    (found,) = find_recordings(video, instruments=["viola"]).recordings
    assert (found.instrument, found.performer, found.source) == ("viola", "p1", "anna/b.mp4")
    (found,) = find_recordings(video, instruments=["viola"], performer="eve").recordings
    assert found.performer == "eve"


@pytest.mark.parametrize("instruments", [[], ["violin", "viola"]])
def test_single_video_needs_its_instrument(footage, instruments):
    with pytest.raises(ConfigError, match=r"What is played in b\.mp4.*--instrument"):
        find_recordings(footage / "violin/anna/b.mp4", instruments=instruments)


@pytest.mark.parametrize("layout", ["sub-urmp", "urmp"])
def test_footage_is_no_dataset(footage, layout):
    for path in (footage, footage / "violin/anna/b.mp4"):
        with pytest.raises(MediaError, match="URMP"):
            find_recordings(path, layout=layout, instruments=["violin"])


@pytest.mark.parametrize("name", ["../x", "a/b", "", " ", ".hidden"])
def test_names_that_cannot_be_folders(footage, name):
    with pytest.raises(ConfigError, match="cannot name"):
        find_recordings(footage / "violin/anna/b.mp4", instruments=[name])


def test_nothing_there(tmp_path):
    with pytest.raises(MediaError, match=r"nowhere does not exist"):
        find_recordings(tmp_path / "nowhere")
    (tmp_path / "loose.mp4").touch()
    with pytest.raises(MediaError, match=r"holds no videos.*<instrument>/<performer>"):
        find_recordings(tmp_path)


def recording(source, tmp_path, split=None):
    instrument, performer, _ = source.split("/")
    video = tmp_path / source
    return Recording(
        instrument=instrument, performer=performer, source=source, split=split,
        images=VideoFrames(video), sound=video,
    )  # fmt: skip


def test_the_last_recordings_are_held_out(tmp_path):
    many = [recording(f"violin/anna/{k:02}.mp4", tmp_path) for k in range(10)]
    two = [recording(f"violin/ben/{name}.mp4", tmp_path) for name in "ba"]
    one = [recording("tuba/anna/x.mp4", tmp_path)]
    splits = assign_splits([*many, *two, *one], validation_fraction=0.2)
    assert [splits[r] for r in many] == [("train",)] * 8 + [("validation",)] * 2
    assert [splits[r] for r in two] == [("validation",), ("train",)]
    assert splits[one[0]] == ("train", "validation")


def test_the_splits_of_a_dataset_stand(tmp_path):
    given = [recording(f"violin/anna/{k}.mp4", tmp_path, split="train") for k in range(3)]
    rest = recording("violin/anna/z.mp4", tmp_path)
    splits = assign_splits([*given, rest], validation_fraction=0.5)
    assert [splits[r] for r in given] == [("train",)] * 3
    assert splits[rest] == ("train", "validation")


def test_added_recordings_leave_the_others_in_their_splits(tmp_path):
    def assigned(names, kept, fraction=0.2, **others):
        group = [recording(f"violin/anna/{name}.mp4", tmp_path) for name in names]
        before = {r: kept[r.source[12:-4]] for r in group if r.source[12:-4] in kept}
        splits = assign_splits(group, validation_fraction=fraction, kept=before, **others)
        return {r.source[12:-4]: splits[r] for r in group}

    train, held, both = ("train",), ("validation",), ("train", "validation")
    old = {"a": train, "b": train, "c": held}
    assert assigned("abcd", old) == {**old, "d": train}
    assert assigned("abcdefgh", old) == {**old, **dict.fromkeys("defg", train), "h": held}
    assert assigned("ab", {"a": both}) == {"a": both, "b": train}
    assert assigned("ab", {"a": train}) == {"a": train, "b": held}  # as the first time
    assert assigned("ab", {"a": train, "b": train}) == {"a": train, "b": held}  # c was taken away
    elsewhere = {("violin", "anna"): ["validation"]}
    assert assigned("ab", {"a": train, "b": train}, others=elsewhere) == {"a": train, "b": train}


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
    with pytest.raises(MediaError, match=r"in their places \(there is loose\.mp4\): put them"):
        find_recordings(tmp_path)
