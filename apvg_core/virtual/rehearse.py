"""Rehearsals: further music that filmed performers play, as shards without images."""

import logging
import shutil
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.cores import available_cores
from apvg_core.data.manifest import ManifestEntry, read_manifest, write_manifest
from apvg_core.data.shards import Shard, ShardInfo, ShardWriter
from apvg_core.errors import ConfigError, ShardError
from apvg_core.features.cqt import stream_cqt, window_starts
from apvg_core.features.loudness import normalising_gain
from apvg_core.files import atomic_write, read_json
from apvg_core.progress import Progress, silent
from apvg_core.truth import truth_path
from apvg_core.virtual.estimator import Estimator
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.recording import Recording, Take, check_amount
from apvg_core.virtual.requirements import INSTALL_FLUIDSYNTH
from apvg_core.virtual.sound import fluidsynth
from apvg_core.virtual.sound.timbres import Sounds
from apvg_core.virtual.world import World

SEED: Final = 100
"""Above the films' seed: other music than theirs."""

FILMED: Final = 4
"""Every fourth rehearsal sounds as the films do; the others are each in a world of their own."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rehearsal:
    """One recording to be written.

    Attributes:
        take: The music, and who plays it.
        world: In which world it is heard; None is the films'.
        info: Facts about its shard.
        estimator: Where the performer's joints would be seen.
        out: The folder of shards.
    """

    take: Take
    world: World | None
    info: ShardInfo
    estimator: Estimator
    out: Path


def rehearse_all(
    shards: Path,
    truth: Path,
    out: Path,
    *,
    recordings: int = 120,
    seconds: float = 60.0,
    sounds: Path | None = None,
    jobs: int | None = None,
    on_progress: Progress = silent,
) -> int:
    """Let every performer rehearse, and put the shards of the films beside it.

    A performer's joints follow from the music; only to draw them and to find them again takes long. From the
    films, whose truth is known, is learned where the pose estimator sees the joints. Keypoint prediction
    learns from rehearsals and films, all that makes images from the films, and the same films are held out.

    Args:
        shards: Shards that `apvg extract` made of virtual performers' films.
        truth: The films' truth files.
        out: The folder for shards of both.
        recordings: Number of recordings for each performer.
        seconds: Length of each.
        sounds: A folder of sounds, besides those that distributions install; see `sound.timbres`.
        jobs: Recordings at a time; None is one a core.
        on_progress: Called after each recording.

    Returns:
        How many there are.

    Raises:
        ConfigError: A number is out of range, the truth of a film is missing, or a performer's films do not
            all show the same square.
        ShardError: A shard is damaged, or has windows of its own.
    """
    check_amount(recordings, seconds)
    entries, players = read_manifest(shards), defaultdict(list)
    for entry in entries:
        players[entry.instrument, entry.performer].append(entry)
    rehearsals = []
    for films in players.values():
        info, facts, estimator = _study(shards, truth, films)
        at_hand = Sounds.find(info.instrument, sounds)
        tell(info.instrument, at_hand)
        known = {film.id: film.sha256 for film in films}
        for number in range(recordings):
            take, world = _plan(facts, number, seconds, at_hand)
            rehearsals.append(Rehearsal(take, world, _info(info, take, world, known), estimator, out))
    with ProcessPoolExecutor(jobs or available_cores(), mp_context=get_context("spawn")) as pool:
        for count, _ in enumerate(pool.map(_rehearse, rehearsals), start=1):
            on_progress("rehearse", count, len(rehearsals))
    for entry in entries:
        with atomic_write(out / entry.path) as temporary:
            shutil.copyfile(shards / entry.path, temporary)
    write_manifest(out)
    return len(rehearsals)


def _study(
    shards: Path, truth: Path, films: list[ManifestEntry]
) -> tuple[ShardInfo, dict[str, Any], Estimator]:
    """Study one performer's films: a shard's form, the truth, and how the estimator sees the joints."""
    joints, seen, visible = list[Array](), list[Array](), list[npt.NDArray[np.bool_]]()
    crops = set()
    for entry in films:
        with Shard(shards / entry.path) as shard:
            info, (facts, known) = shard.info, _truth(truth, shard)
            crops.add(info.crop)
            if entry.split == "train":
                joints.append(known)
                seen.append(shard.keypoints.astype(np.float64))
                visible.append(shard.visible)
    if len(crops) > 1:
        raise ConfigError(f"The films in {shards} show different squares; extract with --crop center.")
    if info.cqt_mode != "continuous":
        raise ShardError(
            f"{shards} was made with --cqt clip; make shards with 'apvg extract --cqt continuous'."
        )
    if not joints:
        raise ShardError(f"{shards} holds no training recordings of {info.performer}.")
    estimator = Estimator(np.concatenate(joints), np.concatenate(seen), np.concatenate(visible))
    return info, facts, estimator


def tell(instrument: str, sounds: Sounds) -> None:
    """Say what an instrument's rehearsals are heard by."""
    if len(sounds.own) + len(sounds.related) == 1:
        log.warning(
            "Neither recorded notes of a %s nor FluidSynth with a soundfont were found: all rehearsals use "
            "the built-in synthesis. docs/sounds.md lists sources.", instrument,
        )  # fmt: skip
        return
    names = (each.name for each in (*sounds.own, *sounds.related))
    log.info("The %s rehearses by %s.", instrument, ", ".join(names))
    if not sounds.fonts:
        log.warning("No rehearsal has an accompaniment: that needs %s.", INSTALL_FLUIDSYNTH)


def _plan(film: dict[str, Any], number: int, seconds: float, sounds: Sounds) -> tuple[Take, World | None]:
    """Plan other music than the films', in a world of its own or, by both timbres in turn, in theirs."""
    seed = SEED + film["seed"]
    take = Take(
        instrument=film["instrument"], performer=film["performer"], seed=seed, number=number, seconds=seconds,
    )  # fmt: skip
    if number % FILMED:
        world = World.draw(sounds, [seed, number])
        return replace(take, breaks=world.backing is not None, interpretation=world.interpretation), world
    font = fluidsynth.find_soundfont() if number % (2 * FILMED) and fluidsynth.available() else None
    return replace(take, timbre="soundfont" if font else "additive", soundfont=font), None


def _truth(folder: Path, shard: Shard) -> tuple[dict[str, Any], Array]:
    """A film's truth file, and the joints in a shard's frames [shape=(n, 60, 2), in [0, 1]]."""
    path = truth_path(folder, shard)
    try:
        truth = read_json(path)
        at = np.searchsorted(truth["frames"]["time"], shard.times - 1e-3)  # it may be a part of the film
        return truth, np.array(truth["joints"]["xy"], np.float64)[at]
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ConfigError(f"--truth {path} is missing or not of this film.") from error


def _info(like: ShardInfo, take: Take, world: World | None, films: dict[str, str]) -> ShardInfo:
    """Info of a rehearsal's shard, like a film's; its settings are all that decides its contents."""
    name = f"{like.instrument}-{like.performer}-rehearsal-{take.number:03}"
    settings = {
        "seed": take.seed, "seconds": take.seconds, "films": films,
        "timbre": world.timbre.name if world else take.timbre, "world": world and world.facts(),
    }  # fmt: skip
    first = int(window_starts(np.zeros(1), like.window_offset)[0])
    return replace(
        like, id=name, split="train", source=f"{name}.wav", source_sha256="", settings=settings,
        first_sample=0, first_column=max(0, first), has_images=False,
    )  # fmt: skip


def _rehearse(rehearsal: Rehearsal) -> str:
    """Write a rehearsal's shard, unless it is there; returns its name."""
    take, info, out = rehearsal.take, rehearsal.info, rehearsal.out
    if _is_done(out / info.relative_path, info):
        return info.id
    recording = Recording(take)
    times = np.arange(round(take.seconds * info.fps)) / info.fps
    if rehearsal.world is None:
        sound = recording.sound()
    else:
        sound = rehearsal.world.heard(recording.playing, [take.seed, take.number])
    gain = np.float32(normalising_gain([sound]))
    sees = np.tile(rehearsal.estimator.sees, (len(times), 1))
    with ShardWriter(out, info) as writer:
        columns = np.concatenate(list(stream_cqt([sound * gain])), axis=1)
        writer.add_cqt(columns[:, info.first_column :])
        writer.add_audio(np.round(32767 * np.clip(sound, -1, 1)).astype(np.int16))
        writer.finish(
            times=times,
            keypoints=rehearsal.estimator(recording.joints(times)).astype(np.float32),
            confidence=sees.astype(np.float32),
            imputed=~sees,
        )
    return info.id


def _is_done(path: Path, info: ShardInfo) -> bool:
    try:
        with Shard(path) as shard:
            return shard.info == info
    except ShardError:
        return False
