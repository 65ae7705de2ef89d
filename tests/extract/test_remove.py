"""Removal of recordings from a shard folder."""

import pytest
from filelock import FileLock

from apvg_core.data.manifest import Failure, read_failures, read_manifest, write_manifest
from apvg_core.errors import ConfigError, ShardError
from apvg_core.extract.remove import remove
from tests.synth import truncate


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
