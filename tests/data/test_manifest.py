"""The manifest of a shard folder."""

from pathlib import Path

import pytest

from apvg_core.data.manifest import MANIFEST, ManifestEntry, read_manifest, write_manifest
from apvg_core.errors import ShardError
from tests.conftest import write_shard


def test_the_manifest_lists_and_adopts(tmp_path: Path) -> None:
    path = write_shard(tmp_path, name="a", split="train", seconds=0.5, seed=0)
    path.with_name("._a.h5").write_bytes(b"\0\5\26\7")  # what a Mac leaves on foreign disks
    entries, damaged = write_manifest(tmp_path)
    assert ([entry.id for entry in entries], damaged) == (["a"], [])
    write_shard(tmp_path, name="b", split="validation", seconds=0.5, seed=0)
    write_manifest(tmp_path)
    entries = read_manifest(tmp_path)
    assert [(e.id, e.split, e.frames) for e in entries] == [("a", "train", 5), ("b", "validation", 5)]


def test_no_manifest_a_damaged_one_and_a_foreign_one(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="not a shard folder"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(ShardError, match="damaged"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).write_text('{"schema_version": 7, "shards": []}')
    with pytest.raises(ShardError, match="version 7"):
        read_manifest(tmp_path)


def test_a_damaged_shard_costs_only_itself(tmp_path: Path) -> None:
    good = write_shard(tmp_path, name="a", split="train", seconds=0.5, seed=0)
    bad = write_shard(tmp_path, name="b", split="train", seconds=0.5, seed=0)
    bad.write_bytes(bad.read_bytes()[:100])
    (tmp_path / MANIFEST).write_text("{")  # a damaged manifest is made anew
    entries, damaged = write_manifest(tmp_path)
    assert [entry.path for entry in entries] == [good.relative_to(tmp_path).as_posix()]
    assert len(damaged) == 1
    assert "b.h5 is damaged" in damaged[0]


def test_what_is_listed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_shard(tmp_path, name="a", split="train", seconds=0.5, seed=0)
    first = write_manifest(tmp_path)
    monkeypatch.setattr(ManifestEntry, "of", None)
    assert write_manifest(tmp_path) == first
