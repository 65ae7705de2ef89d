"""Music that a virtual performer has played unfilmed: more shards for keypoint prediction, nearly for free.

    python -m examples.rehearsals SHARDS --truth TRUTH --recordings 120 --out REHEARSALS
    apvg train-khp REHEARSALS --run RUN

A performer's joints follow from the music; only to draw them and to find them again takes long. A pose
estimator sees joints where they are not, but always in the same manner: from the films in SHARDS, whose
truth is known, a least-squares fit learns where it sees them. REHEARSALS gets the films too, so that KHP
learns from both and is examined by the held-out ones. The rehearsals' pictures are grey: nothing else can
be learned there.
"""

import argparse
import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.manifest import ManifestEntry, read_manifest, write_manifest
from apvg_core.data.shards import Shard, ShardInfo, ShardWriter, encode_frame
from apvg_core.features.cqt import stream_cqt
from apvg_core.features.loudness import normalising_gain
from examples.virtual_performer.recording import Recording, Take
from examples.virtual_performer.sound import soundfont
from examples.virtual_performer.sound.microphone import poorly

Array = npt.NDArray[np.float64]

SEED: Final = 100
"""Above the films' seed: other music than theirs."""

POOR: Final = 3
"""Every third rehearsal is heard by a poor microphone: songs come from telephones too."""

RIDGE: Final = 1e-3
"""What keeps the fit small where two joints always move together, in edges of the picture."""


OFTEN: Final = 0.1
"""Share of the films' frames in which a joint must be seen for its places to be learned."""


class Estimator:
    """Where a pose estimator sees joints that are known: an affine function of all of them.

    Attributes:
        sees: Which joints it sees at all [shape=(60,)].
    """

    def __init__(self, joints: Array, seen: Array, visible: npt.NDArray[np.bool_]) -> None:
        """Fit it.

        Args:
            joints: Where they are [shape=(n, 60, 2)].
            seen: Where they were seen [shape=(n, 60, 2)].
            visible: Which were seen [shape=(n, 60)].
        """
        self.sees = visible.mean(axis=0) >= OFTEN
        self._mean = joints.mean(axis=0)
        inputs = self._inputs(joints)
        self._weights = np.zeros((inputs.shape[1], *joints.shape[1:]))
        for joint in np.flatnonzero(self.sees):
            ok = visible[:, joint]
            x = inputs[ok]
            regular = len(x) * RIDGE**2 * np.diag([0.0, *np.ones(inputs.shape[1] - 1)])
            apart = seen[ok, joint] - joints[ok, joint]
            self._weights[:, joint] = np.linalg.solve(x.T @ x + regular, x.T @ apart)

    def __call__(self, joints: Array) -> Array:
        """Where they would be seen [shape=(n, 60, 2)]."""
        return joints + np.tensordot(self._inputs(joints), self._weights, 1)

    def _inputs(self, joints: Array) -> Array:
        flat = (joints - self._mean).reshape(len(joints), -1)
        return np.concatenate([np.ones((len(flat), 1)), flat], axis=1)


def main() -> None:
    """Rehearse, and put the films beside it."""
    parser = argparse.ArgumentParser(description="More music for keypoint prediction, without pictures.")
    parser.add_argument("shards", type=Path, help="what apvg extract made of a virtual performer's films")
    parser.add_argument("--truth", type=Path, required=True, help="the films' truth/")
    parser.add_argument("--recordings", type=int, default=120, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    entries = read_manifest(given.shards)
    films = [(entry, _truth(given.truth, given.shards, entry)) for entry in entries]
    estimator = _fit(given.shards, [(entry, truth) for entry, truth in films if entry.split == "train"])
    entry, truth = films[0]
    font = soundfont.find_soundfont() if soundfont.available(None) else None
    take = Take(
        instrument=entry.instrument, performer=truth["performer"], seed=SEED + truth["seed"], number=0,
        seconds=given.seconds, timbre="additive", soundfont=font,
    )  # fmt: skip
    with Shard(given.shards / entry.path) as shard:
        rehearse = partial(_rehearse, given.out, shard.info, estimator, take)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for count, name in enumerate(pool.map(rehearse, range(given.recordings)), start=1):
            print(f"[{count}/{given.recordings}] {name}", flush=True)
    for entry in entries:
        copy = given.out / entry.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(given.shards / entry.path, copy)
    write_manifest(given.out)


def _truth(folder: Path, shards: Path, entry: ManifestEntry) -> dict[str, Any]:
    with Shard(shards / entry.path) as shard:
        document: dict[str, Any] = json.loads((folder / f"{Path(shard.info.source).stem}.json").read_text())
    return document


def _fit(shards: Path, films: list[tuple[ManifestEntry, dict[str, Any]]]) -> Estimator:
    joints, seen, visible = list[Array](), list[Array](), list[npt.NDArray[np.bool_]]()
    for entry, truth in films:
        with Shard(shards / entry.path) as shard:
            at = np.searchsorted(truth["frames"]["time"], shard.times - 1e-3)  # it may be a part of the film
            joints.append(np.array(truth["joints"]["xy"], np.float64)[at])
            seen.append(shard.keypoints.astype(np.float64))
            visible.append(shard.visible)
    return Estimator(np.concatenate(joints), np.concatenate(seen), np.concatenate(visible))


def _rehearse(out: Path, like: ShardInfo, estimator: Estimator, take: Take, number: int) -> str:
    """Write one rehearsal's shard, unless it is there; returns its name."""
    by_soundfont = take.soundfont is not None and number % 2 == 1
    take = replace(
        take, number=number, timbre="soundfont" if by_soundfont else "additive",
        soundfont=take.soundfont if by_soundfont else None,
    )  # fmt: skip
    name = f"rehearsal-{number:03}"
    info = replace(
        like, id=name, split="train", source=f"{name}.wav", source_sha256="", first_column=0, first_sample=0,
        settings={},
    )  # fmt: skip
    if (out / info.relative_path).exists():
        return name
    recording = Recording(take)
    times = np.arange(round(take.seconds * info.fps)) / info.fps
    sound = recording.sound()
    if number % POOR == POOR - 1:
        sound = poorly(sound, [take.seed, number])
    gain = np.float32(normalising_gain([sound]))
    grey = encode_frame(np.full((info.size, info.size, 3), 128, np.uint8), lossless=False)
    with ShardWriter(out, info) as writer:
        for _ in times:
            writer.add_encoded(grey)
        for columns in stream_cqt([sound * gain]):
            writer.add_cqt(columns)
        writer.add_audio((32767 * np.clip(sound, -1, 1)).astype(np.int16))
        writer.finish(
            times=times,
            keypoints=estimator(recording.joints(times)).astype(np.float32),
            confidence=np.tile(estimator.sees.astype(np.float32), (len(times), 1)),
            imputed=np.tile(~estimator.sees, (len(times), 1)),
        )
    return name


if __name__ == "__main__":
    main()
