"""Votes, keys, results, truths and parts that are damaged, or that somebody made up: one sentence each."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apvg_core.data.shards import Shard
from apvg_core.data.sources.performers import read_performers
from apvg_core.errors import ApvgError, ConfigError, MediaError, StudyError
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.part_files import read_coarse_frames, read_made_from, read_part, write_part
from apvg_core.evaluation.results import SCHEMA_VERSION, Results, Row, Score, read_results, write_results
from apvg_core.features.openpose import OpenPoseFolder
from apvg_core.study.key import Key, Video, VideoSet, read_key, write_key
from apvg_core.study.votes import read_ballots
from apvg_core.truth import read_truth, truth_path
from tests.conftest import write_shard
from tests.test_hostile_runs import WRONG, changed, places

KEY = Key("s1", ("a", "b"), (VideoSet("song.wav", (Video("v1", "a", "x"), Video("v2", "b", "y"))),))
VOTES = {
    "schema_version": 1, "study": "s1", "participant": "p1",
    "votes": [{"shown": ["v1", "v2"], "realistic": "v1", "in_sync": None}],
}  # fmt: skip
RESULTS = Results(
    apvg="1", split="validation", seed=0, instrument="saw", performers=["p1"], fps=10.0, size=64,
    through_mp4=False, shards={"a": "0"},
    rows=[Row("run", "run", "tiny", 5, {"psnr": Score(20.0, 19, 21)}, {"a": {"psnr": 20.0}})],
)  # fmt: skip
PERSON = {"pose_keypoints_2d": [5.0, 6.0, 0.9] * 18, "hand_left_keypoints_2d": [1, 2, 0.5] * 21}


def keys(folder: Path) -> Path:
    write_key(folder, KEY)
    return folder / "key.json"


def votes(folder: Path) -> Path:
    (folder / "votes.json").write_text(json.dumps(VOTES))
    return folder / "votes.json"


def results(folder: Path) -> Path:
    write_results(folder / "results.json", RESULTS)
    return folder / "results.json"


def openpose(folder: Path) -> Path:
    path = folder / "a_000_keypoints.json"
    path.write_text(json.dumps({"people": [PERSON]}))
    return path


def performers(folder: Path) -> Path:
    (folder / "performers.json").write_text(json.dumps({"a": "ann"}))
    return folder / "performers.json"


def truths(folder: Path) -> Path:
    path = write_shard(folder, name="a", split="train", seconds=1, seed=0)
    with Shard(path) as shard:
        truth = truth_path(folder, shard)
    times = [k / 10 for k in range(12)]
    truth.write_text(json.dumps({"frames": {"time": times, "loudness": times, "bow_position": times}}))
    return truth


def read_a_truth(path: Path) -> None:
    with Shard(path.parent / "train/theremin/a.h5") as shard:
        read_truth(path.parent, shard)


READERS: list[tuple[Callable[[Path], Path], Callable[[Path], object]]] = [
    (keys, lambda path: read_key(path.parent)),
    (votes, lambda path: read_ballots([path], KEY)),
    (results, read_results),
    (openpose, lambda path: OpenPoseFolder(path.parent).pose(0, (0, 0, 64))),
    (performers, read_performers),
    (truths, read_a_truth),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.mark.parametrize(("write", "read"), READERS)
@given(data=st.data(), value=WRONG)
def test_any_other_value_is_one_sentence_or_makes_sense(
    folder: Path, write: Callable[[Path], Path], read: Callable[[Path], object], data: st.DataObject,
    value: object,
) -> None:  # fmt: skip
    path = folder / write.__name__ / "made"
    path.mkdir(parents=True, exist_ok=True)
    made = next(path.glob("*.json"), None) or write(path)
    text = made.read_text()
    read(made)
    document = json.loads(text)
    place = data.draw(st.sampled_from(list(places(document))))
    made.write_text(json.dumps(changed(document, place, value)))
    try:
        read(made)
    except ApvgError as error:
        sentence = str(error)
    else:
        sentence = "fine"
    finally:
        made.write_text(text)
    assert len(sentence) < 600


@pytest.mark.parametrize(("write", "read"), READERS)
@pytest.mark.parametrize("text", ["{", "{" * 10**5, '{"a":' * 10**5, "[]", "5", "\xff\xfe", '{"people": 5}'])
def test_what_is_no_such_file(
    tmp_path: Path, write: Callable[[Path], Path], read: Callable[[Path], object], text: str
) -> None:
    path = write(tmp_path)
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ApvgError, match=r"\.(json|key)"):
        read(path)


@pytest.mark.parametrize("name", ["../../x", "a/b", "", "x" * 100, "</script>"])
def test_a_key_names_no_files_elsewhere(tmp_path: Path, name: str) -> None:
    write_key(tmp_path, Key("s1", ("a",), (VideoSet("s", (Video(name, "a", "x"),)),)))
    with pytest.raises(StudyError, match="is damaged"):
        read_key(tmp_path)


@pytest.mark.parametrize("number", [1e300, -1e300, 1e38])
def test_joints_far_outside_are_missed(tmp_path: Path, number: float) -> None:
    joints = [5.0, 6.0, 0.9] * 17 + [number, number, 0.9]
    (tmp_path / "0_keypoints.json").write_text(json.dumps({"people": [{"pose_keypoints_2d": joints}]}))
    pose = OpenPoseFolder(tmp_path).pose(0, (0, 0, 64))
    assert pose.confidence[0] > 0
    assert pose.confidence[17] == 0


def test_numbers_that_are_none_are_no_keypoints(tmp_path: Path) -> None:
    document = {"people": [{"pose_keypoints_2d": [float("nan"), 6.0, 0.9] * 18}]}
    (tmp_path / "0_keypoints.json").write_text(json.dumps(document))
    with pytest.raises(MediaError, match=r"0_keypoints\.json holds no keypoints"):
        OpenPoseFolder(tmp_path).pose(0, (0, 0, 64))


def test_results_survive_the_disk(tmp_path: Path) -> None:
    assert read_results(results(tmp_path)) == RESULTS
    document = {**asdict(RESULTS), "schema_version": SCHEMA_VERSION + 1}
    (tmp_path / "results.json").write_text(json.dumps(document))
    with pytest.raises(ConfigError, match="another version"):
        read_results(tmp_path / "results.json")


def test_a_part_that_is_damaged_is_judged_anew_or_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    units = {"psnr": np.random.default_rng(0).random((50, 2))}
    coarse = {3: np.full((4, 4, 3), 9, np.uint8)}
    write_part(path, Measurements(units, {}, None, 50), "this", coarse)
    data = path.read_bytes()
    np.testing.assert_array_equal(read_part(path).units["psnr"], units["psnr"])
    np.testing.assert_array_equal(read_coarse_frames(path)[3], coarse[3])
    assert read_made_from(path) == "this"
    for damaged in (data[:100], data[:-30], b"", b"PK" * 50):
        path.write_bytes(damaged)
        assert read_made_from(path) is None
        with pytest.raises(ConfigError, match=r"a\.npz is damaged"):
            read_part(path)
        with pytest.raises(ConfigError, match=r"a\.npz is damaged"):
            read_coarse_frames(path)
    flipped = bytearray(data)
    flipped[data.index(units["psnr"].tobytes()) + 9] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(ConfigError, match=r"a\.npz is damaged"):
        read_part(path)
