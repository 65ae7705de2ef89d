"""Judges a run on shards, from audio alone, beside two honest baselines of the same data."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import apvg_core
from apvg_core.config import Split
from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.selection import select_for_run
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, ShardError
from apvg_core.evaluation.baselines import mean_frame, nearest_audio
from apvg_core.files import write_json
from apvg_core.generation.pipeline import generate_blocks
from apvg_core.generation.runtime import Networks, choose_device, load_networks
from apvg_core.metrics.accumulate import Mean
from apvg_core.metrics.keypoints import keypoint_distance
from apvg_core.metrics.pictures import psnr, ssim
from apvg_core.progress import Progress, silent

SCHEMA_VERSION = 1

log = logging.getLogger(__name__)

Prediction = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32] | None]
"""A frame (size, size, 3) and its keypoints (60, 2), if the method has any."""


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
        if keypoints is not None:
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

    if split == "validation" and (seen := {e.sha256 for e in judged} & set(networks.info.data.values())):
        log.warning("The run was trained on %d of the recordings that it is judged by.", len(seen))
    scores = [_Scores(run.resolve().name), _Scores("mean frame"), _Scores("nearest audio")]
    done, total = 0, sum(entry.frames for entry in judged)
    own = {p: [e for e in training if e.performer == p] for p in {e.performer for e in judged}}
    for performer, entries in own.items():
        if not entries:
            raise ShardError(f"{shards} holds no train recordings of {performer}, which the baselines need.")
    averages = {performer: mean_frame(shards, entries) for performer, entries in own.items()}
    for entry in judged:
        index = networks.performer_index(entry.performer)
        usual = averages[entry.performer], networks.conditions.average[index].numpy()
        with Shard(shards / entry.path) as shard:
            pairs = _predictions(networks, shard, shards, own[entry.performer], index, seed)
            for frame, (ours, nearest) in enumerate(pairs):
                real = shard.frames(frame, frame + 1)[0]
                for score, prediction in zip(scores, (ours, usual, nearest), strict=True):
                    score.add(shard, frame, real, prediction)
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


def _predictions(
    networks: Networks, shard: Shard, root: Path, training: Sequence[ManifestEntry], performer: int, seed: int
) -> Iterator[tuple[Prediction, Prediction]]:
    """What the run makes of the shard's sound, and the training frame whose sound is nearest.

    Both hear the same: the shard's sound as a song of its own.
    """
    sound = shard.audio().astype(np.float32) / 2**15
    blocks = generate_blocks(networks, lambda: [sound], count=len(shard), performer=performer, seed=seed)
    with ExitStack() as stack:
        sources = [stack.enter_context(Shard(root / entry.path)) for entry in training]
        for block in blocks:
            assert block.frames is not None
            places = nearest_audio(sources, block.windows.cpu().numpy())
            keypoints = (
                [None] * len(block.frames) if block.keypoints is None else block.keypoints.cpu().numpy()
            )
            ours = zip(block.frames, keypoints, strict=True)
            for generated, (source, frame) in zip(ours, places, strict=True):
                nearest = sources[source]
                yield generated, (nearest.frames(frame, frame + 1)[0], nearest.keypoints[frame])
