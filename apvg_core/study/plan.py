"""Plans a study: all is checked before hours of work, and videos of an earlier command are used again."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from apvg_core.config import STAGES
from apvg_core.errors import ConfigError, StudyError
from apvg_core.files import printable, sha256_of
from apvg_core.media.audio import open_song
from apvg_core.progress import Progress
from apvg_core.runtime.load import load_networks
from apvg_core.study.key import Key, Video, VideoSet, read_key


def plan_study(
    songs: Iterable[Path],
    runs: Sequence[Path],
    *,
    performer: str | None,
    seed: int,
    device: str,
    on_progress: Progress,
) -> Key:
    """Return the key of a new study.

    Its sets are in the order of the songs, their videos in that of the runs.

    Raises:
        ConfigError: There are fewer than two runs, two have the same name, a song is there twice, or there is
            no such performer or device.
        MediaError: A song cannot be read.
        RunError: A run is damaged or lacks a stage.
        StudyError: Two runs are the same.
    """
    if len(runs) < 2:
        raise ConfigError("A study compares runs; name two or more, by --run or --instrument.")
    for run in runs:
        load_networks(run, device=device).performer_index(performer)
    _check_different(runs)
    names = _run_names(runs)
    fingerprints = [_fingerprint(run) for run in runs]
    sets: dict[str, VideoSet] = {}
    for song in songs:
        sound = _sound_digest(song, on_progress)
        if sound in sets:
            raise ConfigError(f"{song} is the same recording as {sets[sound].song}; leave one out.")
        content = sha256_of(song)
        videos = (
            Video(_random_id(), name, _digest(content, name, fingerprint, performer, seed))
            for name, fingerprint in zip(names, fingerprints, strict=True)
        )
        sets[sound] = VideoSet(printable(song.name), tuple(videos))
    return Key(_random_id(), tuple(names), tuple(sets.values()))


def reuse_videos(new: Key, out: Path) -> tuple[Key, set[str]]:
    """Give the videos that are in `out` already, from an interrupted or a finished command, their ids back.

    Returns:
        The key to go on with, and the ids of videos that it no longer has.

    Raises:
        StudyError: People may have voted on what is in `out`, and it is another study; or its key is damaged.
    """
    existing = read_key(out) if (out / "key.json").exists() else None
    ids = {video.made_from: video.id for video in existing.videos()} if existing else {}
    same = ids.keys() == {video.made_from for video in new.videos()}
    if not same and (out / "index.html").exists():
        raise StudyError(
            f"{out / 'index.html'} is not a page of these songs and runs; choose another --out, so that "
            "votes on that study can still be counted."
        )
    sets = tuple(
        replace(each, videos=tuple(replace(v, id=ids.get(v.made_from, v.id)) for v in each.videos))
        for each in new.sets
    )
    settled = replace(new, study=existing.study if existing and same else new.study, sets=sets)
    return settled, set(ids.values()) - {video.id for video in settled.videos()}


def _run_names(runs: Sequence[Path]) -> list[str]:
    """Return the runs' names in the tally: those of their folders."""
    names = [printable(run.resolve().name) for run in runs]
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise ConfigError(f"{count} of the --run folders are named {name}; rename all but one.")
    return names


def _check_different(runs: Sequence[Path]) -> None:
    """Check that no run is named twice, by whatever path: nobody could tell its videos apart.

    Raises:
        StudyError: One is named twice.
    """
    named: dict[str, Path] = {}
    for run in runs:
        digest = _weights_digest(run)
        if digest in named:
            raise StudyError(
                f"--run {run} is the same run as {named[digest]}, so their videos would be alike; leave one "
                "out."
            )
        named[digest] = run


def _weights_digest(run: Path) -> str:
    """Return a digest of what a run has learned; its `run.json` may say more about it, or less."""
    stages = [run / stage / name for stage in STAGES for name in ("config.json", "model.safetensors")]
    return _digest(*(sha256_of(path) for path in (run / "conditions.safetensors", *stages)))


def _fingerprint(run: Path) -> str:
    """Return a digest of all that a run generates from."""
    return _digest(sha256_of(run / "run.json"), _weights_digest(run))


def _sound_digest(song: Path, on_progress: Progress) -> str:
    """Return a digest of a song's samples, the same in whatever lossless file they are.

    Raises:
        MediaError: It cannot be read.
    """
    digest = hashlib.sha256()
    with open_song(song, on_progress=on_progress) as opened:
        for block in opened.blocks():
            digest.update(block.tobytes())
    return digest.hexdigest()


def _digest(*facts: str | int | None) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _random_id() -> str:
    return secrets.token_hex(8)
