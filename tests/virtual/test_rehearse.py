"""More music for keypoint prediction: what performers play unfilmed."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from apvg_cli.app import run
from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.shards import Shard, ShardInfo, ShardWriter
from apvg_core.virtual.music.interpretation import AS_FILMED
from apvg_core.virtual.recording import Recording, Take
from apvg_core.virtual.rehearse import tell
from apvg_core.virtual.sound.timbres import Additive, Notes, Sounds
from apvg_core.virtual.world import World

SECONDS, FPS, SIZE = 4.0, 25, 32
TIMES = np.arange(int(SECONDS * FPS)) / FPS
SHIFT = np.array([0.02, -0.01])
"""How far from the joints this estimator sees them."""

TAKES = {
    instrument: Take(
        instrument=instrument,
        performer=8,
        seed=5,
        number=0,
        seconds=SECONDS,
        timbre="additive",
        soundfont=None,
    )
    for instrument in ("cello", "trombone")
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards of a film by each of two players, and what is known of them."""
    root = tmp_path_factory.mktemp("films")
    (root / "truth").mkdir()
    for instrument, take in TAKES.items():
        film = Recording(take)
        joints = film.joints(TIMES)
        (root / f"truth/{instrument}.json").write_text(json.dumps(film.truth(TIMES, joints)))
        write_shard(root / "shards", instrument, joints + SHIFT)
    write_manifest(root / "shards")
    return root


def write_shard(
    folder: Path, instrument: str, seen: np.ndarray, crop: tuple[int, int, int] = (0, 0, 256)
) -> None:
    info = ShardInfo(
        id=f"{instrument}-film-{crop[0]}", instrument=instrument, performer="p8", split="train", fps=FPS,
        size=SIZE, crop=crop, source=f"{instrument}.mp4", source_sha256="", cqt_mode="continuous",
        window_offset=0.0, first_sample=0, first_column=0, settings={},
    )  # fmt: skip
    with ShardWriter(folder, info) as writer:
        for _ in TIMES:
            writer.add_frame(np.zeros((SIZE, SIZE, 3), np.uint8))
        writer.add_cqt(np.zeros((84, 800), np.float32))
        writer.add_audio(np.zeros(1, np.int16))
        sure = np.ones((len(TIMES), 60))
        writer.finish(
            times=TIMES,
            keypoints=seen.astype(np.float32),
            confidence=sure.astype(np.float32),
            imputed=sure < 1,
        )


def rehearse(films: Path, out: Path, *flags: str) -> int:
    command = [str(films / "shards"), "--truth", str(films / "truth"), "--seconds", str(SECONDS)]
    return run(["virtual", "rehearse", *command, "--out", str(out), *flags])


@pytest.mark.slow
def test_every_player_rehearses_other_music_and_the_films_lie_beside_it(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rehearse(films, tmp_path, "--recordings", "3") == 0
    entries = {entry.id: entry for entry in read_manifest(tmp_path)}
    for instrument, take in TAKES.items():
        assert entries.pop(f"{instrument}-film-0").has_images
        for number in range(3):
            entry = entries.pop(f"{instrument}-p8-rehearsal-{number:03}")
            assert not entry.has_images
            with Shard(tmp_path / entry.path) as shard:
                world = World.draw(Sounds.find(instrument), [105, number]) if number else None
                assert shard.info.settings["world"] == (world and world.facts())
                playing = world.interpretation if world else AS_FILMED
                played = Recording(
                    replace(
                        take, seed=105, number=number, interpretation=playing,
                        breaks=bool(world and world.backing),
                    )
                )  # fmt: skip
                np.testing.assert_allclose(shard.keypoints, played.joints(TIMES) + SHIFT, atol=2e-3)
                if world is None:
                    windows, loud = shard.windows(0, len(shard)), played.expression.loudness(TIMES) > 0
                    assert windows[loud, :, 43].max(1).mean() > windows[~loud, :, 43].max(1).mean() + 5
                assert (shard.frames(3, 5) == 128).all()
    assert not entries

    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*rehearsal*")}
    assert rehearse(films, tmp_path, "--recordings", "3") == 0  # nothing is left to do
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*rehearsal*")} == before
    assert "6 rehearsals and the films are in" in capsys.readouterr().err


def test_what_is_at_hand_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    none = Sounds((Additive(),), (), (), None)
    notes = Notes((Path("sounds/mine-cello"),))
    for sounds in (none, replace(none, own=(Additive(), notes))):
        tell("cello", sounds)
    assert [message.split(":")[0] for message in caplog.messages] == [
        "Neither recorded notes of a cello nor FluidSynth with a soundfont were found",
        "The cello rehearses by additive, mine-cello.",
        "No rehearsal has an accompaniment",
    ]


def refused(shards: Path, truth: Path, out: Path) -> int:
    return run(["virtual", "rehearse", str(shards), "--truth", str(truth), "--out", str(out)])


def test_what_is_wrong_is_a_sentence(films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seconds in ("1", "nan", "inf"):
        assert rehearse(films, tmp_path, "--seconds", seconds) == 2
        assert "--seconds 4.0 or more" in capsys.readouterr().err
    assert refused(tmp_path, films / "truth", tmp_path / "out") == 4
    assert "not a shard folder" in capsys.readouterr().err
    assert refused(films / "shards", tmp_path, tmp_path / "out") == 2
    assert "cello.json is missing or not of this film" in capsys.readouterr().err
    assert rehearse(films, tmp_path / "out", "--sounds", str(tmp_path / "none")) == 2
    assert "none is not a folder; examples/sounds.sh makes one" in " ".join(capsys.readouterr().err.split())
    for crop in ((0, 0, 256), (8, 0, 240)):
        write_shard(tmp_path / "shards", "cello", np.zeros((len(TIMES), 60, 2)), crop)
    write_manifest(tmp_path / "shards")
    (tmp_path / "truth").symlink_to(films / "truth")
    assert rehearse(tmp_path, tmp_path / "out") == 2
    assert "show different squares; extract with --crop center" in capsys.readouterr().err
