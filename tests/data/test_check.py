"""Shards and manifests that somebody sent, or that a disk has damaged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apvg_core.data.manifest import (
    MANIFEST,
    check_there,
    read_failures,
    read_manifest,
    verify,
    write_manifest,
)
from apvg_core.data.shards import Shard
from apvg_core.errors import ShardError
from tests.conftest import write_shard
from tests.test_hostile_runs import WRONG, changed, places


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two shards. Read only."""
    root = tmp_path_factory.mktemp("hostile") / "shards"
    write_shard(root, name="a", split="train", seconds=1, seed=0)
    write_shard(root, name="b", split="validation", seconds=0.5, seed=0, cqt_mode="clip")
    with h5py.File(root / "validation/theremin/b.h5", "a") as file:
        del file["cqt"]
        file["cqt"] = np.zeros((5, 84, 87), np.float32)
    write_manifest(root)
    return root


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "shards")


def read_all(path: Path) -> None:
    with Shard(path) as shard:
        shard.frames(0, len(shard))
        shard.windows(0, len(shard))
        shard.audio()


def test_whole_shards_are_read(whole: Path) -> None:
    for entry in read_manifest(whole):
        verify(whole, entry)
        read_all(whole / entry.path)


def put(name: str, change: Callable[[np.ndarray], Any]) -> Callable[[h5py.File], None]:
    """Another dataset in the place of one."""

    def harm(file: h5py.File) -> None:
        data = change(file[name][:])
        del file[name]
        file[name] = data

    return harm


def one(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(data: np.ndarray) -> np.ndarray:
        data[(1,) * data.ndim] = value
        return data

    return change


def claim(name: str, shape: tuple[int, ...]) -> Callable[[h5py.File], None]:
    """A dataset that says it is large, and of which nothing was written."""

    def harm(file: h5py.File) -> None:
        kind = file[name].dtype
        del file[name]
        file.create_dataset(name, shape, kind, chunks=(1,) * len(shape))

    return harm


def unwritten(file: h5py.File) -> None:
    """All of them, as long as each other."""
    for name, shape in (
        ("times", ()), ("keypoints", (60, 2)), ("confidence", (60,)), ("imputed", (60,)), ("frames", ()),
    ):  # fmt: skip
        claim(name, (10**9, *shape))(file)


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (put("keypoints", one(np.nan)), "keypoints"), (put("keypoints", one(1e30)), "keypoints"),
        (put("keypoints", lambda x: x[:, :59]), "keypoints"),
        (put("keypoints", lambda x: x[:4]), "keypoints"),
        (put("confidence", one(np.nan)), "confidence"), (put("confidence", one(-1)), "confidence"),
        (put("imputed", lambda x: x.astype(np.float32)), "imputed"),
        (put("times", one(np.nan)), "times"), (put("times", one(np.inf)), "times"),
        (put("times", lambda x: x[::-1]), "times"), (put("times", lambda x: x[:0]), "times"),
        (put("times", lambda x: x[:, None]), "times"), (put("times", lambda x: x + 1e9), "times"),
        (put("times", lambda x: 5.0), "times"), (put("times", lambda x: x.astype("S5")), "times"),
        (put("cqt", one(np.nan)), "cqt"), (put("cqt", one(-np.inf)), "cqt"),
        (put("cqt", lambda x: x[:, :50]), "cqt"), (put("cqt", lambda x: x[:83]), "cqt"),
        (put("cqt", lambda x: x.astype(int)), "cqt"), (put("audio", lambda x: x[:, None]), "audio"),
        (put("audio", lambda x: x.astype(np.float32)), "audio"), (put("frames", len), "frames"),
        (claim("audio", (10**12,)), "audio"), (claim("cqt", (84, 10**11)), "cqt"), (unwritten, "times"),
        (lambda file: file.pop("audio"), "cut short"), (lambda file: file.pop("times"), "cut short"),
        (lambda file: file.attrs.pop("info"), "cut short"),
        (lambda file: file.attrs.__setitem__("schema_version", "x"), "cut short"),
        (lambda file: file.attrs.__setitem__("info", 5), "cut short"),
        (lambda file: file.attrs.__setitem__("info", "[" * 10**4), "cut short"),
    ],
)  # fmt: skip
def test_a_dataset_that_cannot_be_so(root: Path, harm: Callable[[h5py.File], None], what: str) -> None:
    path = root / "train/theremin/a.h5"
    with h5py.File(path, "a") as file:
        harm(file)
    with pytest.raises(ShardError, match=rf"a\.h5 is damaged.*{what}"):
        read_all(path)


def test_frames_of_another_size(root: Path) -> None:
    path = root / "train/theremin/a.h5"
    small = write_shard(root / "small", name="c", split="train", seconds=1, seed=0, size=48)
    with h5py.File(path, "a") as file, h5py.File(small) as other:
        file["frames"][3] = other["frames"][3]
    with pytest.raises(ShardError, match="its frames cannot be right"):
        read_all(path)


def test_a_clip_that_is_none(root: Path) -> None:
    path = root / "validation/theremin/b.h5"
    with h5py.File(path, "a") as file:
        file["cqt"][2, 3, 4] = np.nan
    with pytest.raises(ShardError, match="its cqt cannot be right"):
        read_all(path)


@given(data=st.data(), value=WRONG)
def test_whatever_a_shard_says_of_itself(whole: Path, data: st.DataObject, value: object) -> None:
    path = whole / "train/theremin/a.h5"
    before = path.read_bytes()
    try:
        with h5py.File(path, "a") as file:
            info = json.loads(file.attrs["info"])
            place = data.draw(st.sampled_from(list(places(info))))
            file.attrs["info"] = json.dumps(changed(info, place, value))[:60_000]
        read_all(path)
    except ShardError as error:
        sentence = str(error)
    else:
        sentence = str(path)
    finally:
        path.write_bytes(before)
    assert str(path) in sentence
    assert len(sentence) < 500


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fps", 0), ("fps", -25.0), ("fps", float("nan")), ("size", 10**6), ("performer", ""),
        ("performer", "../ann"), ("id", "../../x"), ("instrument", "a/b"), ("crop", [0, 0]),
        ("crop", [0, 0, 0]), ("cqt_mode", "other"), ("first_sample", -5), ("split", "exam"),
        ("window_offset", 9.0), ("pictures", "no"),
    ],
)  # fmt: skip
def test_what_no_shard_can_say(root: Path, key: str, value: object) -> None:
    path = root / "train/theremin/a.h5"
    with h5py.File(path, "a") as file:
        file.attrs["info"] = json.dumps({**json.loads(file.attrs["info"]), key: value})
    with pytest.raises(ShardError, match=r"a\.h5 is damaged \("):
        Shard(path)


@given(data=st.data(), value=WRONG)
def test_whatever_a_manifest_says(whole: Path, data: st.DataObject, value: object) -> None:
    path = whole / MANIFEST
    text = path.read_text()
    document = json.loads(text)
    place = data.draw(st.sampled_from(list(places(document))))
    path.write_text(json.dumps(changed(document, place, value)))
    try:
        read_failures(whole)
        entries = read_manifest(whole)
        check_there(whole, entries)
        for entry in entries:
            verify(whole, entry)
    except ShardError as error:
        sentence = str(error)
    else:
        sentence = str(whole)
    finally:
        path.write_text(text)
    assert str(whole) in sentence
    assert len(sentence) < 500


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("path", "../../secret.h5"), ("path", "/etc/passwd"), ("path", "train/../x.h5"), ("path", "a.h5"),
        ("path", "train/theremin/a"), ("path", "C:/a/b.h5"), ("id", "../x"), ("frames", 0), ("fps", 0.0),
        ("path", "validation/theremin/b.h5"), ("frames", "5"),
    ],
)  # fmt: skip
def test_what_no_manifest_can_say(root: Path, key: str, value: object) -> None:
    document = json.loads((root / MANIFEST).read_text())
    document["shards"][0][key] = value
    (root / MANIFEST).write_text(json.dumps(document))
    with pytest.raises(ShardError, match=r"manifest\.json"):
        read_manifest(root)


@pytest.mark.parametrize(
    "text", ["[]", "[" * 10**5, "5", '{"shards": []}', "\xff", '{"schema_version": NaN}']
)
def test_a_manifest_that_is_none(root: Path, text: str) -> None:
    (root / MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(ShardError, match=r"manifest\.json (is damaged|has schema)"):
        read_manifest(root)
    assert read_failures(root) == []


def test_a_shard_that_is_gone_or_another(root: Path) -> None:
    first, second = read_manifest(root)
    path = root / first.path
    data = path.read_bytes()
    flipped = bytearray(data)
    flipped[data.rfind(b"\xff\xd9") - 5] ^= 1  # in the last image
    path.write_bytes(flipped)
    check_there(root, [first, second])
    with pytest.raises(ShardError, match=r"a\.h5 is not what manifest\.json lists"):
        verify(root, first)
    path.write_bytes(data + b"0")
    with pytest.raises(ShardError, match=r"a\.h5 is damaged or was replaced \(\d+ bytes"):
        check_there(root, [first, second])
    path.unlink()
    with pytest.raises(ShardError, match=r"a\.h5 cannot be read"):
        check_there(root, [first, second])
    verify(root, second)
