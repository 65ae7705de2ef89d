"""More music for keypoint prediction: what a performer plays unfilmed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.shards import Shard, ShardInfo, ShardWriter
from examples import rehearsals
from examples.rehearsals import Estimator
from examples.virtual_performer.recording import Recording, Take

SECONDS, FPS, SIZE = 4.0, 25, 32
SHIFT = np.array([0.02, -0.01])
"""How far from the joints this estimator sees them."""


def test_where_joints_are_seen_is_learned_and_missed_ones_do_not_count() -> None:
    rng = np.random.default_rng(0)
    joints = rng.random((500, 60, 2))
    seen = joints + SHIFT
    seen[:, 1] += 0.1 * joints[:, 0, ::-1]  # the second one is drawn by the first
    visible = rng.random((500, 60)) < 0.9
    visible[:, 2] = False
    estimator = Estimator(joints, np.where(visible[..., None], seen, 9.0), visible)
    new = rng.random((20, 60, 2))
    expected = new + SHIFT
    expected[:, 1] += 0.1 * new[:, 0, ::-1]
    expected[:, 2] = new[:, 2]
    assert np.flatnonzero(~estimator.sees).tolist() == [2]
    np.testing.assert_allclose(estimator(new), expected, atol=1e-4)


def test_rehearsals_are_other_music_and_the_films_lie_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards, truth, out = tmp_path / "shards", tmp_path / "truth", tmp_path / "out"
    take = Take(
        instrument="trombone", performer=8, seed=5, number=0, seconds=SECONDS, timbre="additive",
        soundfont=None,
    )  # fmt: skip
    film = Recording(take)
    times = np.arange(int(SECONDS * FPS)) / FPS
    joints = film.joints(times)
    truth.mkdir()
    (truth / "film.json").write_text(json.dumps(film.truth(times, joints)))
    info = ShardInfo(
        id="film-train", instrument="trombone", performer="p8", split="train", fps=FPS, size=SIZE,
        crop=(0, 0, SIZE), source="film.mp4", source_sha256="", cqt_mode="continuous", window_offset=0.0,
        first_sample=0, first_column=0, settings={},
    )  # fmt: skip
    with ShardWriter(shards, info) as writer:
        for _ in times:
            writer.add_frame(np.zeros((SIZE, SIZE, 3), np.uint8))
        writer.add_cqt(np.zeros((84, 800), np.float32))
        writer.add_audio(np.zeros(1, np.int16))
        seen = np.ones((len(times), 60))
        writer.finish(
            times=times, keypoints=(joints + SHIFT).astype(np.float32), confidence=seen.astype(np.float32),
            imputed=seen < 1,
        )  # fmt: skip
    write_manifest(shards)

    command = [str(shards), "--truth", str(truth), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["rehearsals", *command, "--recordings", "1", "--seconds", str(SECONDS)])
    rehearsals.main()
    assert [entry.id for entry in read_manifest(out)] == ["film-train", "rehearsal-000"]
    with Shard(out / "train/trombone/rehearsal-000.h5") as shard:
        again = Recording(Take(**{**vars(take), "seed": 105}))
        np.testing.assert_allclose(shard.keypoints, again.joints(times) + SHIFT, atol=2e-3)
        assert np.abs(shard.keypoints - joints).max() > 0.02
        windows = shard.windows(0, len(shard))
        loud = again.expression.loudness(times) > 0
        assert windows[loud, :, 43].max(1).mean() > windows[~loud, :, 43].max(1).mean() + 10
        assert shard.frames(0, 1).std() < 1
