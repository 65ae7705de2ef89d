"""Selection of shards: what is there is said where the choice is wrong."""

from pathlib import Path

import pytest

from apvg_core.data.manifest import write_manifest
from apvg_core.data.selection import select
from apvg_core.errors import ShardError
from tests.conftest import write_shard


def test_select_says_what_there_is(tmp_path: Path) -> None:
    write_shard(tmp_path, name="a", split="train", seconds=0.5, seed=0)
    write_shard(tmp_path, name="b", split="train", seconds=0.5, seed=0, instrument="saw", performer="p2")
    entries, _ = write_manifest(tmp_path)
    with pytest.raises(ShardError, match="saw, theremin; choose one with --instrument"):
        select(entries, split="train")
    with pytest.raises(ShardError, match="No shards of kazoo; --instrument can be saw, theremin"):
        select(entries, split="train", instrument="kazoo")
    with pytest.raises(ShardError, match="performer p1; --performer can be p2"):
        select(entries, split="train", instrument="saw", performers=["p1"])
    with pytest.raises(ShardError, match="no validation recordings"):
        select(entries, split="validation", instrument="saw")
    assert [e.id for e in select(entries, split="train", instrument="saw", performers=["p2"])] == ["b"]
