"""What an extraction does to a folder that holds shards: it adds, keeps, and replaces on request alone."""

import json
import logging
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from filelock import FileLock

from apvg_core.config import ExtractConfig
from apvg_core.data.manifest import Failure, read_failures, read_manifest, write_manifest
from apvg_core.data.shards import Shard
from apvg_core.data.sources import find_recordings
from apvg_core.errors import ConfigError, ShardError
from apvg_core.extract import extract
from apvg_core.extract.remove import remove
from apvg_core.skeleton import BODY_JOINTS
from tests.synth import tone, truncate, write_video, write_wav

FPS = 5


class Folder:
    """Footage with its keypoints, and the shards that are made from it here, in no other process."""

    def __init__(self, root):
        self.footage, self.keypoints, self.out = root / "footage", root / "keypoints", root / "shards"

    def film(self, name, *, seconds=2.0, heard=None, hertz=440.0, fps=FPS):
        path = self.footage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, fps=fps, size=(64, 64), seconds=seconds)
        write_wav(path.with_suffix(".wav"), tone(heard or seconds, hertz=hertz))
        folder = self.keypoints / path.stem
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(round(seconds * fps)):
            body = [(20 + index % 20, 10 + joint, 0.9) for joint in range(len(BODY_JOINTS))]
            people = [{"pose_keypoints_2d": np.ravel(body).tolist()}]
            (folder / f"{index:012}_keypoints.json").write_text(json.dumps({"people": people}))
        return path

    def copy(self, film, name):
        """The same film, sound and keypoints by another name."""
        path = self.footage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in (".mp4", ".wav"):
            shutil.copy(film.with_suffix(suffix), path.with_suffix(suffix))
        shutil.copytree(self.keypoints / film.stem, self.keypoints / path.stem, dirs_exist_ok=True)
        return path

    def extract(self, path=None, *, overwrite=False, instruments=(), limit=None, **settings):
        config = ExtractConfig(**{"size": 32, "crop": "center", "keypoints": str(self.keypoints), **settings})
        recordings = find_recordings(path or self.footage, instruments=instruments, limit=limit).recordings
        with ThreadPoolExecutor(1) as here:
            return extract(recordings, self.out, config, overwrite=overwrite, cluster=here)

    def files(self):
        return {path: path.stat().st_mtime_ns for path in self.out.rglob("*.*") if path.name != ".lock"}

    def places(self):
        return {entry.id.rsplit("-", 2)[0]: entry.split for entry in read_manifest(self.out)}


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_other_settings_are_refused_one_by_one_and_nothing_is_touched(folder):
    folder.film("cello/ann/a.mp4")
    folder.extract()
    before = folder.files()
    with pytest.raises(ConfigError) as refused:
        folder.extract(size=64, lossless=True, fps=2.0)
    sentence = str(refused.value)
    assert "1 of these recordings" in sentence
    for difference in (
        "--fps was the source's and is 2 now", "--lossless was off and is on now",
        "--size was 32 and is 64 now", "--overwrite", "another --out",
    ):  # fmt: skip
        assert difference in sentence
    assert folder.files() == before
    report = folder.extract(size=64, overwrite=True)
    assert [entry.size for entry in report.written] == [64, 64]
    assert folder.extract(size=64, overwrite=True).written == []  # what is done is done


def test_a_film_of_other_content_is_not_swapped_in_silently(folder):
    film = folder.film("cello/ann/a.mp4")
    folder.extract()
    before = folder.files()
    write_wav(film.with_suffix(".wav"), tone(2.0, hertz=220))
    with pytest.raises(ConfigError, match=r"the files of cello/ann/a\.mp4 have changed.*--overwrite"):
        folder.extract()
    assert folder.files() == before
    assert len(folder.extract(overwrite=True).written) == 2


def test_shards_that_one_training_cannot_have_together_are_not_mixed(folder):
    folder.film("cello/ann/a.mp4", hertz=300)
    folder.extract()
    film = folder.film("cello/ann/b.mp4", hertz=400)
    for settings, difference in (
        ({"size": 64}, r"--size 32.*cannot have 64"),
        ({"fps": 2.0}, r"--fps 5.*cannot have 2"),
        ({"cqt_mode": "clip"}, r"--cqt continuous.*cannot have clip"),
    ):
        for overwrite in (False, True):  # which would not replace the other film's
            with pytest.raises(ConfigError, match=rf"{difference}.*--remove cello-ann-a-\w+\."):
                folder.extract(film, instruments=("cello",), overwrite=overwrite, **settings)
    assert len(folder.extract(film, instruments=("flute",), size=64).written) == 2  # trained by itself


def test_films_at_their_own_rates_are_told_of(folder, caplog):
    folder.film("cello/ann/a.mp4")
    folder.film("cello/ann/b.mp4", hertz=400, fps=10)
    folder.extract()
    assert "One training cannot have all shards of cello" in caplog.text
    assert "--fps" in caplog.text


def test_the_same_film_elsewhere_is_the_same_recording(folder, caplog):
    caplog.set_level(logging.INFO)
    film = folder.film("cello/ann/take1.mp4")
    folder.extract()
    before = folder.files()
    report = folder.extract(film, instruments=("cello",))  # as a single file, whose performer is p1
    assert (report.written, report.failures) == ([], [])
    moved = folder.copy(film, "cello/bob/b.mp4")
    assert folder.extract(moved, instruments=("cello",)).written == []
    assert "bob/b.mp4 is passed over: its content is that of cello/ann/take1.mp4" in caplog.text
    assert "which is here already" in caplog.text
    assert {k: v for k, v in folder.files().items() if k.suffix == ".h5"} == {
        k: v for k, v in before.items() if k.suffix == ".h5"
    }


def test_two_names_of_one_film_are_one_recording_and_something_is_still_held_out(folder, caplog):
    caplog.set_level(logging.INFO)
    film = folder.film("cello/ann/a.mp4")
    folder.copy(film, "cello/ann/b.mp4")
    report = folder.extract()
    assert [entry.split for entry in report.written] == ["train", "validation"]
    assert {entry.id.rsplit("-", 2)[0] for entry in report.written} == {"cello-ann-a"}
    assert "cello/ann/b.mp4 is passed over: its content is that of cello/ann/a.mp4" in caplog.text
    assert len(folder.extract().skipped) == 1  # and so it stays


def test_a_film_that_took_anothers_name_is_not_lost(folder):
    a = folder.film("cello/ann/a.mp4", hertz=300)
    folder.extract()
    b = folder.copy(a, "cello/ann/b.mp4")
    folder.film("cello/ann/a.mp4", hertz=500)
    report = folder.extract(overwrite=True)
    assert {entry.id.rsplit("-", 2)[0] for entry in report.written} == {"cello-ann-a", "cello-ann-b"}
    assert b.exists()


def test_added_films_leave_the_others_where_they_are(folder):
    for number in range(5):
        folder.film(f"cello/ann/f{number}.mp4", hertz=300 + 10 * number)
    folder.extract()
    before = folder.places()
    assert before == {f"cello-ann-f{n}": "validation" if n == 4 else "train" for n in range(5)}
    films = folder.files()
    folder.film("cello/ann/a0.mp4", hertz=290)
    folder.film("cello/ann/f9.mp4", hertz=700)
    report = folder.extract()
    assert len(report.skipped) == 5
    assert folder.places() == {**before, "cello-ann-a0": "train", "cello-ann-f9": "train"}
    now = folder.files()
    assert all(now[path] == time for path, time in films.items() if path.suffix == ".h5")
    assert len(folder.extract(limit=2).skipped) == 2  # a part of them says nothing of the others


def test_frames_behind_the_end_of_the_sound_are_left_out(folder, caplog):
    folder.film("cello/ann/take1.mp4", seconds=4.0, heard=1.5)
    report = folder.extract()
    assert sum(entry.frames for entry in report.written) == 7
    assert "take1.wav lasts 1.4 s and the pictures of cello/ann/take1.mp4 last 4.0 s" in caplog.text
    with Shard(folder.out / report.written[-1].path) as shard:  # of each image, its own keypoints
        np.testing.assert_allclose(shard.keypoints[-1, 0, 0] * 64, 26, atol=1.5)
    folder.film("cello/ann/take1.mp4", seconds=4.0, heard=0.1)
    (failure,) = folder.extract(overwrite=True).failures
    assert "take1.wav lasts 0.1 s and ends before a picture is shown" in failure.reason


def test_a_sound_that_ends_as_honest_files_do_costs_no_frame(folder, caplog):
    folder.film("cello/ann/take1.mp4", seconds=2.0, heard=1.6)
    assert sum(entry.frames for entry in folder.extract().written) == 10
    assert "left out" not in caplog.text


def test_too_little_held_out_is_told_of(folder, caplog):
    folder.film("cello/ann/a.mp4", seconds=2.0)
    folder.film("cello/ann/z.mp4", seconds=0.6, hertz=300)
    folder.extract()
    assert "Only 0.6 s of cello, ann are held out (cello-ann-z-" in caplog.text


@pytest.fixture
def three(folder):
    for number, name in enumerate("abc"):
        folder.film(f"cello/ann/{name}.mp4", hertz=300 + 10 * number)
    folder.extract()
    return folder


def test_a_recording_is_taken_out_by_any_of_its_names(three):
    a, b, c = sorted(entry.id for entry in read_manifest(three.out))
    for name, left in ((a.removesuffix("-train"), [b, c]), (b, [c]), ("cello/ann/c.mp4", [])):
        (removed,) = remove(three.out, [name, name])
        assert len(removed.shards) == 1
        assert [entry.id for entry in read_manifest(three.out)] == left
        assert sorted(path.stem for path in three.out.rglob("*.h5")) == left
    assert len(list(three.footage.rglob("*.mp4"))) == 3
    assert len(three.extract().written) == 3


def test_damaged_shards_and_failures_are_taken_out_too(three):
    entry = read_manifest(three.out)[0]
    truncate(three.out / entry.path, 0.5)
    write_manifest(three.out, [Failure("cello/ann/x.mp4", "x.mp4 is empty.")], {"cello/ann/x.mp4"})
    remove(three.out, [entry.id, "cello/ann/x.mp4"])
    assert not (three.out / entry.path).exists()
    assert read_failures(three.out) == []
    assert len(read_manifest(three.out)) == 2


def test_an_unknown_name_removes_nothing(three):
    a, *_ = sorted(entry.id for entry in read_manifest(three.out))
    before = three.files()
    with pytest.raises(ShardError, match=r"holds no recording cello-ann-a; did you mean cello-ann-a-\w+"):
        remove(three.out, [a, "cello-ann-a"])
    with pytest.raises(ShardError, match="is not a shard folder"):
        remove(three.out / "nowhere", [a])
    assert three.files() == before
    with FileLock(three.out / ".lock"), pytest.raises(ConfigError, match="is writing to"):
        remove(three.out, [a])
