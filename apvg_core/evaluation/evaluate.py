"""Judges a run on shards, from audio alone, beside two honest baselines of the same data."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import apvg_core
from apvg_core.data.selection import select_for_run
from apvg_core.data.shards import ManifestEntry, Shard, Split
from apvg_core.errors import ConfigError
from apvg_core.evaluation.baselines import mean_frame, nearest_audio
from apvg_core.generation.pipeline import generate_blocks
from apvg_core.generation.runtime import Networks, choose_device, load_networks
from apvg_core.metrics import Mean, keypoint_distance, psnr, ssim
from apvg_core.progress import Progress, silent
from apvg_core.run import write_json

SCHEMA_VERSION = 1

Prediction = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]
"""A frame (size, size, 3) and its keypoints (60, 2)."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The scores of one method, means over all judged frames.

    Attributes:
        name: The run's folder, "mean frame" or "nearest audio".
        frames: How many frames were judged.
        psnr: Mean over frames, dB.
        ssim: Mean over frames.
        keypoint_distance: Mean over visible joints, in edges of the square crop; None if none was visible.
        recordings: The same three of each recording.
    """

    name: str
    frames: int
    psnr: float
    ssim: float
    keypoint_distance: float | None
    recordings: dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Results:
    """What `results.json` says."""

    split: Split
    rows: list[Row]


class _Scores:
    """Accumulates one method's scores."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._by_recording: dict[str, dict[str, Mean]] = {}

    def add(self, shard: Shard, index: int, real: npt.NDArray[np.uint8], prediction: Prediction) -> None:
        frame, keypoints = prediction
        means = self._by_recording.setdefault(
            shard.info.id, {"psnr": Mean(), "ssim": Mean(), "keypoint_distance": Mean()}
        )
        means["psnr"].add(psnr(real, frame))
        means["ssim"].add(ssim(real, frame))
        means["keypoint_distance"].add(
            keypoint_distance(shard.keypoints[index], keypoints, shard.visible[index])
        )

    def row(self) -> Row:
        recordings = list(self._by_recording.values())

        def pooled(metric: str) -> float | None:
            total = sum(means[metric].total for means in recordings)
            count = sum(means[metric].count for means in recordings)
            return total / count if count else None

        values = {metric: pooled(metric) for metric in ("psnr", "ssim")}
        assert values["psnr"] is not None
        assert values["ssim"] is not None
        return Row(
            name=self._name,
            frames=sum(means["psnr"].count for means in recordings),
            psnr=values["psnr"],
            ssim=values["ssim"],
            keypoint_distance=pooled("keypoint_distance"),
            recordings={
                name: {metric: mean.value for metric, mean in means.items()}
                for name, means in self._by_recording.items()
            },
        )


def evaluate(
    shards: Path,
    run: Path,
    out: Path,
    *,
    split: Split = "validation",
    device: str = "auto",
    seed: int = 0,
    on_progress: Progress = silent,
) -> Results:
    """Judge a run on one split of shards and write `results.json`.

    Each shard's sound is played to the run as a song by itself, by the same code as `generate`.

    Args:
        shards: The shard folder; its training split feeds the baselines.
        run: The run folder, with all three stages.
        out: Folder for `results.json`.
        split: "validation", or "train" to see what was learned by heart.
        device: "auto", "cpu", "cuda", ...
        seed: Of the random variable z.
        on_progress: Called after each frame.

    Raises:
        RunError: The run is damaged or lacks a stage.
        ShardError: The shards are damaged, of other settings, or lack the split.
        ConfigError: `out` cannot be made, or there is no such device.
    """
    networks = load_networks(run, choose_device(device))
    judged = select_for_run(shards, networks.info, split=split)
    training = select_for_run(shards, networks.info, split="train")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {out} cannot be made: {error.strerror}.") from error

    scores = [_Scores(run.resolve().name), _Scores("mean frame"), _Scores("nearest audio")]
    average = mean_frame(shards, training)
    done, total = 0, sum(entry.frames for entry in judged)
    for entry in judged:
        with Shard(shards / entry.path) as shard:
            performer = networks.performer_index(entry.performer)
            usual = average, networks.conditions.average[performer].numpy()
            generated = _generated(networks, shard, performer, seed)
            nearest = _nearest(shards, training, shard)
            for index, (ours, theirs) in enumerate(zip(generated, nearest, strict=True)):
                real = shard.frames(index, index + 1)[0]
                for score, prediction in zip(scores, (ours, usual, theirs), strict=True):
                    score.add(shard, index, real, prediction)
                done += 1
                on_progress("evaluate", done, total)

    results = Results(split, [score.row() for score in scores])
    write_json(
        out / "results.json",
        {
            "schema_version": SCHEMA_VERSION,
            "apvg": apvg_core.__version__,
            "split": split,
            "seed": seed,
            "instrument": networks.info.instrument,
            "recipe": networks.info.recipe.name,
            "shards": {entry.id: entry.sha256 for entry in judged},
            "rows": [asdict(row) for row in results.rows],
        },
    )
    return results


def _generated(networks: Networks, shard: Shard, performer: int, seed: int) -> Iterator[Prediction]:
    """What the run makes of the shard's sound."""
    sound = shard.audio().astype(np.float32) / 2**15
    for block in generate_blocks(networks, lambda: [sound], count=len(shard), performer=performer, seed=seed):
        assert block.frames is not None
        yield from zip(block.frames, block.keypoints.cpu().numpy(), strict=True)


def _nearest(root: Path, training: Sequence[ManifestEntry], shard: Shard) -> Iterator[Prediction]:
    """The training frames whose sound is nearest to each frame's."""
    opened: dict[int, Shard] = {}
    try:
        for start in range(0, len(shard), 256):
            windows = shard.windows(start, min(start + 256, len(shard)))
            for entry, frame in nearest_audio(root, training, windows):
                if entry not in opened:
                    opened[entry] = Shard(root / training[entry].path)
                source = opened[entry]
                yield source.frames(frame, frame + 1)[0], source.keypoints[frame]
    finally:
        for source in opened.values():
            source.close()
