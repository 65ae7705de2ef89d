import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import Shard
from examples.held_out_songs import main
from tests.conftest import write_shard


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Two recordings that were held out, of seven and of two seconds, and one to train on."""
    root = tmp_path / "shards"
    write_shard(root, name="long", split="validation", seconds=7, seed=1)
    write_shard(root, name="short", split="validation", seconds=2, seed=2)
    write_shard(root, name="learned", split="train", seconds=9, seed=3)
    write_manifest(root)
    return root


def test_excerpts_are_held_out_apart_and_from_recordings_in_turn(shards: Path, tmp_path: Path) -> None:
    flags = ["--count", "3", "--seconds", "2"]
    main([str(shards), "--out", str(tmp_path / "songs"), *flags])
    main([str(shards), "--out", str(tmp_path / "again"), *flags])
    names = sorted(path.name for path in (tmp_path / "songs").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
    assert [re.sub("_.*", "", name) for name in names] == ["long", "long", "short"]
    for name in names:
        samples, rate = soundfile.read(tmp_path / "songs" / name, dtype="int16")
        recording, start = re.fullmatch(r"(\w+)_(\d{4})s\.wav", name).groups()
        with Shard(shards / f"validation/theremin/{recording}.h5") as shard:
            expected = shard.audio()[int(start) * rate :][: 2 * rate]
        assert rate == 44_100
        np.testing.assert_array_equal(samples, expected)


def test_too_few_are_told(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(shards), "--out", str(tmp_path / "songs"), "--seconds", "2"])
    assert "has 4 held-out excerpts of 2 s; lower --count or --seconds." in capsys.readouterr().err
    assert not (tmp_path / "songs").exists()
