"""Sub-URMP: images and chunks, put together to recordings."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from apvg_core.data.sources import find_recordings
from apvg_core.data.sources.sub_urmp import PUBLISHED
from apvg_core.errors import ConfigError, MediaError
from apvg_core.media.chunks import open_sound
from tests.synth import noise, read

KINDS = {"img": ".jpg", "chunk": ".wav"}


def tree(root, *, instrument="cello", number=1, split="train", times=range(500, 2500, 100), kinds=KINDS):
    """Empty files named as Sub-URMP's."""
    for kind in kinds:
        folder = root / kind / split / instrument
        folder.mkdir(parents=True, exist_ok=True)
        for time in times:
            (folder / f"{instrument}{number:02}_{time}{KINDS[kind]}").touch()
    return root


def file(root, kind, name, split="train"):
    return root / kind / split / name[: name.index("_") - 2] / f"{name}{KINDS[kind]}"


def times(recording):
    return [int(path.stem.rpartition("_")[2]) for path in recording.images.paths]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "Sub-URMP"


def test_a_recording(root):
    tree(root)
    found = find_recordings(root)
    assert found.layout == "sub-urmp"
    (recording,) = found.recordings
    assert (recording.instrument, recording.performer, recording.split) == ("cello", "p1", "train")
    assert recording.source == "img/train/cello/cello01_500"
    assert times(recording) == list(range(500, 2500, 100))  # 500 comes before 1000
    assert (recording.images.fps, recording.sound.step) == (10, 0.1)
    assert [path.stem for path in recording.sound.paths] == [path.stem for path in recording.images.paths]
    assert recording.files() == [*recording.images.paths, *recording.sound.paths]
    assert recording.id.startswith("train-cello-cello01-500-")


@pytest.mark.parametrize("name", ["Sub-URMP", "Sub_URMP", "."])
@pytest.mark.parametrize("held_out", ["validation", "test"])
def test_names_of_the_root_and_the_splits(tmp_path, name, held_out):
    tree(tmp_path / name)
    tree(tmp_path / name, number=2, split=held_out)
    for path in (tmp_path, tmp_path / name):
        assert [r.split for r in find_recordings(path).recordings] == ["train", "validation"]


def test_double_bass(root):
    tree(root, instrument="double_bass", number=12)
    (recording,) = find_recordings(root, instruments=["double_bass"]).recordings
    assert (recording.instrument, recording.source) == (
        "double_bass",
        "img/train/double_bass/double_bass12_500",
    )


@pytest.mark.parametrize(("window", "start"), [("start", 0.0), ("middle", 0.25), ("end", 0.5)])
def test_window(root, window, start):
    (recording,) = find_recordings(tree(root), window=window).recordings
    assert recording.images.start == start


def test_holes_start_new_recordings(root):
    tree(root, times=[*range(500, 2000, 100), *range(2100, 6000, 100)])
    file(root, "img", "cello01_3300").unlink()
    file(root, "chunk", "cello01_4500").unlink()
    found = find_recordings(root)
    assert [(r.source, times(r)[-1]) for r in found.recordings] == [
        ("img/train/cello/cello01_500", 1900),
        ("img/train/cello/cello01_2100", 3200),
        ("img/train/cello/cello01_3400", 4400),
        ("img/train/cello/cello01_4600", 5900),
    ]
    assert len({r.id for r in found.recordings}) == 4
    assert len({r.performer for r in found.recordings}) == 1
    notes = "\n".join(found.notes)
    assert "cello train: 1 images without sound are left out, the first cello01_4500." in notes
    assert "cello train: 1 chunks without image are left out, the first cello01_3300." in notes
    assert "cello train: 1 of 1 recording has holes and comes as 4 pieces." in notes


@given(there=st.sets(st.integers(0, 60)), data=st.data())
def test_any_holes(tmp_path_factory, there, data):
    root = tmp_path_factory.mktemp("tree")
    heard = data.draw(st.sets(st.integers(0, 60))) | set(range(30, 45))
    seen = there | set(range(35, 45))
    tree(root, times=[500 + 100 * k for k in seen], kinds=["img"])
    tree(root, times=[500 + 100 * k for k in heard], kinds=["chunk"])
    recordings = find_recordings(root).recordings
    found = [times(r) for r in recordings]
    assert all(one == list(range(one[0], one[-1] + 1, 100)) and len(one) >= 10 for one in found)
    both = {500 + 100 * k for k in seen & heard}
    assert {time for one in found for time in one} <= both
    assert all({one[0] - 100, one[-1] + 100}.isdisjoint(both) for one in found)
    left = sorted(both - {time for one in found for time in one})
    runs = np.split(left, np.flatnonzero(np.diff(left) != 100) + 1)
    assert all(len(run) < 10 for run in runs)
    assert [one[0] for one in found] == sorted(one[0] for one in found)


def test_short_pieces_are_left_out(root):
    tree(root, times=[*range(500, 1400, 100), *range(2000, 3000, 100)])
    found = find_recordings(root)
    assert [times(r)[0] for r in found.recordings] == [2000]
    assert "cello train: 1 piece is shorter than 1 s and left out." in found.notes
    shutil.rmtree(root)
    tree(root, times=range(500, 1400, 100))
    with pytest.raises(MediaError, match="holds no pictures with their sound, at least 1 s"):
        find_recordings(root)


def test_sound_alone(root):
    tree(root, kinds=["chunk"])
    (root / "img").mkdir()
    with pytest.raises(MediaError, match="holds no pictures with their sound"):
        find_recordings(root)


def test_numbers_unlike_the_published_ones(root):
    tree(root)
    tree(root, number=2, split="validation")
    found = find_recordings(root, splits=["validation"])
    assert [r.source for r in found.recordings] == ["img/validation/cello/cello02_500"]
    counts = [note for note in found.notes if "published" in note]
    assert counts == ["cello validation: 20 images are here; Sub-URMP was published with 1030."]
    assert len([note for note in find_recordings(root).notes if "published" in note]) == 2


def test_instruments_that_are_missing(root):
    for instrument in set(PUBLISHED) - {"oboe", "tuba"}:
        tree(root, instrument=instrument)
    assert "This copy of Sub-URMP has no oboe, tuba." in find_recordings(root).notes
    assert not [note for note in find_recordings(root, instruments=["cello"]).notes if "has no" in note]


def test_the_published_numbers_are_silent(root):
    tree(root, instrument="trumpet", times=range(500, 500 + 1015 * 100, 100))
    tree(root, instrument="trumpet", split="test", number=2, times=range(500, 500 + 520 * 100, 100))
    assert not [note for note in find_recordings(root).notes if "published" in note]
    assert sum(map(sum, PUBLISHED.values())) == 80_805


def test_what_is_named_otherwise_is_passed_over(root):
    tree(root)
    folder = root / "img/train/cello"
    for name in ("._cello01_500.jpg", "viola01_500.jpg", "cello1_500.jpg", "notes.txt", "cello01_500.wav"):
        (folder / name).touch()
    (recording,) = find_recordings(root).recordings
    assert len(recording.images.paths) == 20


def test_narrowed_down(root):
    for instrument in ("tuba", "cello"):
        for number, split in ((1, "train"), (2, "train"), (3, "validation")):
            tree(root, instrument=instrument, number=number, split=split)
    names = [r.source.rpartition("/")[2] for r in find_recordings(root).recordings]
    assert names == [f"{i}{n}_500" for i in ("cello", "tuba") for n in ("01", "02", "03")]
    limited = find_recordings(root, limit=3).recordings
    assert [r.source.rpartition("/")[2] for r in limited] == ["cello01_500", "cello03_500", "tuba01_500"]
    only = find_recordings(root, instruments=["tuba"], splits=["train"]).recordings
    assert [r.source.rpartition("/")[2] for r in only] == ["tuba01_500", "tuba02_500"]
    with pytest.raises(ConfigError, match="--instrument can be cello, tuba"):
        find_recordings(root, instruments=["flute"])
    with pytest.raises(ConfigError, match="--performer can be p1"):
        find_recordings(root, performer="ann")
    shutil.rmtree(root / "img/validation")
    with pytest.raises(ConfigError, match="--split can be train"):
        find_recordings(root, splits=["validation"])


def scene(colour, *, shift=0, seed=0):
    """A room with a person in a shirt of some colour, with a little noise [shape=(h, w, 3)]."""
    image = np.full((216, 384, 3), (120, 60, 30), np.uint8)
    cv2.circle(image, (190 + shift, 60), 25, (140, 160, 200), -1)
    cv2.rectangle(image, (150 + shift, 85), (230 + shift, 200), colour, -1)
    return (image + np.random.default_rng(seed).integers(0, 6, image.shape)).astype(np.uint8)


def paint(root, *, number, colour, instrument="cello", split="train"):
    tree(root, number=number, instrument=instrument, split=split)
    for k, path in enumerate(sorted((root / "img" / split / instrument).glob(f"{instrument}{number:02}_*"))):
        cv2.imwrite(str(path), scene(colour, shift=k % 5, seed=100 * number + k))


@pytest.fixture
def painted(root):
    red, white = (40, 40, 200), (230, 230, 230)
    for number, colour, split in (
        (1, red, "train"),
        (2, white, "train"),
        (3, red, "validation"),
        (4, white, "test"),
    ):
        paint(root, number=number, colour=colour, split=split)
    paint(root, number=7, colour=white, instrument="viola")
    return root


def performers(found):
    return {r.source.rpartition("/")[2].rpartition("_")[0]: r.performer for r in found.recordings}


def test_performers_are_grouped_by_their_looks(painted):
    found = find_recordings(painted)
    assert performers(found) == {
        "cello01": "p1",
        "cello02": "p2",
        "cello03": "p1",
        "cello04": "p2",
        "viola07": "p1",
    }
    assert (
        "cello: by their looks, the performers are p1 = cello01, cello03; p2 = cello02, cello04 "
        "(--performers FILE says otherwise)." in found.notes
    )
    # which others are wanted changes nobody's name
    assert performers(find_recordings(painted, splits=["validation"])) == {"cello03": "p1", "cello04": "p2"}
    assert performers(find_recordings(painted, performer="p2", limit=1)) == {"cello02": "p2"}


def test_performers_that_are_named(painted, tmp_path):
    file = tmp_path / "who.txt"
    file.write_text("cello01 = p1\ncello02 = ann\ncello03 = p1\n")
    found = find_recordings(painted, performers_file=file)
    assert performers(found) == {
        "cello01": "p1",
        "cello02": "ann",
        "cello03": "p1",
        "cello04": "p2",
        "viola07": "p2",
    }
    assert any("the performers are p2 = cello04 (" in note for note in found.notes)


def test_images_that_cannot_be_read_do_not_stop_the_grouping(painted):
    for path in (painted / "img/train/cello").glob("cello01_1*.jpg"):
        path.write_bytes(b"no picture")
    assert performers(find_recordings(painted))["cello03"] == "p1"


def test_sound_and_images_are_what_was_cut(tmp_path):
    sound = noise(2.0, channels=2)
    pcm = np.round(sound * 2**15).astype(np.int16)
    tree(tmp_path, times=range(500, 2100, 100))
    for k, path in enumerate(
        sorted((tmp_path / "chunk/train/cello").iterdir(), key=lambda p: int(p.stem[8:]))
    ):
        soundfile.write(path, pcm[4410 * k : 4410 * k + 22050], 44_100)
    (recording,) = find_recordings(tmp_path).recordings
    with open_sound(recording.sound) as song:
        np.testing.assert_array_equal(read(song), (pcm / 2**15).astype(np.float32))


REAL = Path(__file__).parents[4] / "shared/data/real/suburmp_frames"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real frames of Sub-URMP are not here")
def test_two_people_in_the_real_studio(root):
    frames = [cv2.imread(str(path)) for path in sorted(REAL.glob("*.jpg"))]
    for number, frame in enumerate([*frames, frames[0]]):
        tree(root, number=number)
        moved = np.roll(frame, 8 * number, axis=1)
        data = cv2.imencode(".jpg", moved)[1].tobytes()
        for path in (root / "img/train/cello").glob(f"cello{number:02}_*"):
            path.write_bytes(data)
    assert performers(find_recordings(root)) == {"cello00": "p1", "cello01": "p2", "cello02": "p1"}
