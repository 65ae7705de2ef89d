"""One square for the films of a performer from one camera, in one extraction or in several."""

import json
import logging
from dataclasses import replace

import numpy as np
import pytest

from apvg_core.config import ExtractConfig
from apvg_core.data.shards import SetUp, Shard
from apvg_core.data.sources import find_recordings
from apvg_core.data.sources.recording import Recording
from apvg_core.extract import extract as run_extract
from apvg_core.extract.squares import share_squares
from apvg_core.extract.survey import Survey, View
from apvg_core.extract.unit import Unit
from apvg_core.features.crop import Extent
from apvg_core.media.audio import open_song
from apvg_core.media.frame_sources import VideoFrames
from apvg_core.media.video_writer import VideoWriter
from apvg_core.skeleton import BODY_JOINTS
from tests.conftest import write_shard
from tests.features.test_background import HEIGHT, WIDTH, background, film, wall
from tests.synth import noise, truncate, write_wav

SCENE = wall()
HERE, THERE = background(SCENE), background(SCENE, right=9.0)
DRIFT = [background(SCENE, right=step) for step in (0.0, 1.0, 2.2)]
"""A tripod that sinks: each place is like the next, the last is not like the first."""


def found(out, name, place=HERE, *, left=100, right=160, performer="ann", wanders=False):
    """A recording that was surveyed: its player is from column `left` to `right`."""
    source = f"cello/{performer}/{name}.mp4"
    recording = Recording(
        instrument="cello", performer=performer, source=source, split=None,
        images=VideoFrames(out / source), sound=out / source,
    )  # fmt: skip
    unit = Unit(recording=recording, splits=("train",), out=out, config=ExtractConfig(), estimator="none")
    body = np.array([[left, 60.0], [right, 120.0]])
    return unit, Survey(25.0, 100, 100, (0, 0, 32), View(Extent(body, body), place, wanders))


def squares(pairs):
    return {unit.recording.id[:-7]: survey.crop for unit, survey in share_squares(pairs)}


def write_shards(pairs):
    """Shards as the extraction of these would leave them."""
    for unit, survey in pairs:
        path = write_shard(
            unit.out, name=unit.shard_id("train"), split="train", seconds=1, seed=0, instrument="cello",
            performer=unit.recording.performer, crop=survey.crop, set_up=survey.set_up,
        )  # fmt: skip
        assert path.name == f"{unit.recording.id}-train.h5"


def test_films_of_a_still_camera_share_a_square(tmp_path, caplog):
    pairs = [found(tmp_path, "a"), found(tmp_path, "b", left=90), found(tmp_path, "c", right=170)]
    shared = share_squares(pairs)
    assert {survey.crop for _, survey in shared} == {(74, 34, 112)}  # 90 to 170, and a fifth on each side
    assert {survey.set_up.film for _, survey in shared} == {"cello/ann/a.mp4"}
    assert share_squares(pairs[::-1]) == shared[::-1]
    assert not caplog.messages


def test_each_performer_by_himself_and_given_squares_as_they_are(tmp_path):
    given = found(tmp_path, "d")
    given = given[0], replace(given[1], view=None)
    shared = squares([found(tmp_path, "a"), found(tmp_path, "b", left=90, performer="bob"), given])
    assert shared["cello-ann-a"] == (88, 48, 84)
    assert shared["cello-bob-b"] == (76, 41, 98)
    assert shared["cello-ann-d"] == (0, 0, 32)


def test_a_camera_that_moved_is_named(tmp_path, caplog):
    pairs = [
        found(tmp_path, "take1"), found(tmp_path, "take2", left=90),
        found(tmp_path, "take3", THERE, left=120), found(tmp_path, "take4", THERE),
    ]  # fmt: skip
    shared = squares(pairs)
    assert shared["cello-ann-take1"] == shared["cello-ann-take2"] == (76, 41, 98)
    assert shared["cello-ann-take3"] == shared["cello-ann-take4"] == (88, 48, 84)
    (message,) = caplog.messages
    assert message.startswith(
        "The camera moved between films of ann, cello: cello/ann/take1.mp4, cello/ann/take2.mp4; "
        "cello/ann/take3.mp4, cello/ann/take4.mp4."
    )
    assert "its own performer's name" in message


def test_a_camera_that_moves_within_a_film_is_named(tmp_path, caplog):
    share_squares([found(tmp_path, "a"), found(tmp_path, "b", wanders=True)])
    (message,) = caplog.messages
    assert "The camera moves within cello/ann/b.mp4 (ann, cello)" in message


def test_a_player_wider_than_any_square_is_named(tmp_path, caplog):
    assert squares([found(tmp_path, "a", left=10, right=240)]) == {"cello-ann-a": (29, 0, 192)}
    (message,) = caplog.messages
    assert message.startswith("In cello/ann/a.mp4, ann, cello reaches out of the square; it is the largest")


def test_films_added_later_fit_into_the_old_square(tmp_path, caplog):
    write_shards(share_squares([found(tmp_path, "m"), found(tmp_path, "n", left=90)]))
    later = squares([found(tmp_path, "a", left=105), found(tmp_path, "z", right=150)])
    assert set(later.values()) == {(76, 41, 98)}
    assert not caplog.messages
    assert squares([found(tmp_path, "x", left=60)]) == {"cello-ann-x": (76, 41, 98)}
    (message,) = caplog.messages
    assert (
        "In cello/ann/x.mp4, ann, cello reaches out of the square; it was chosen for cello/ann/m.mp4"
        in message
    )
    assert "into a new folder" in message


def test_films_added_later_from_another_place(tmp_path, caplog):
    write_shards(share_squares([found(tmp_path, "m"), found(tmp_path, "n", left=90)]))
    assert squares([found(tmp_path, "a", THERE)]) == {"cello-ann-a": (88, 48, 84)}
    assert "films of ann, cello: cello/ann/m.mp4; cello/ann/a.mp4." in caplog.messages[0]


def test_shards_that_are_made_anew_bind_nobody(tmp_path):
    """Of the same recordings, of somebody else, without a camera, or damaged."""
    pairs = [found(tmp_path, "a"), found(tmp_path, "b", left=90)]
    write_shards(share_squares([found(tmp_path, "a", left=30)]))
    write_shards(share_squares([found(tmp_path, "c", left=30, performer="bob")]))
    write_shards([found(tmp_path, "d")])
    write_shards(share_squares([found(tmp_path, "e", left=30)]))
    truncate(next(tmp_path.glob("train/cello/cello-ann-e-*.h5")), 0.5)
    assert set(squares(pairs).values()) == {(76, 41, 98)}


@pytest.mark.parametrize("names", ["abc", "acb", "bca", "cba"])
@pytest.mark.parametrize("done", range(1, 7))
def test_whichever_shards_were_there_when_it_was_killed(tmp_path, names, done, caplog):
    """A camera that drifts: the second film fits to the first and to the third, which do not fit together."""
    pairs = [
        found(tmp_path, name, place, left=90 + step)
        for step, (name, place) in enumerate(zip(names, DRIFT, strict=True))
    ]
    whole = share_squares(pairs)
    expected = {unit.recording.source: survey.crop for unit, survey in whole}
    assert len(set(expected.values())) == 2
    write_shards([pair for k, pair in enumerate(whole) if done >> k & 1])
    kept = {pair[0].recording.source for k, pair in enumerate(whole) if done >> k & 1}
    again = share_squares([pair for pair in pairs if pair[0].recording.source not in kept])
    assert {unit.recording.source: survey.crop for unit, survey in again} == {
        source: crop for source, crop in expected.items() if source not in kept
    }


def test_the_background_lies_in_the_shard(tmp_path):
    info_of = share_squares([found(tmp_path, "a")])
    write_shards(info_of)
    (path,) = tmp_path.glob("train/cello/*.h5")
    with Shard(path) as shard:
        set_up = shard.set_up()
    assert isinstance(set_up, SetUp)
    assert set_up.film == "cello/ann/a.mp4"
    np.testing.assert_array_equal(set_up.background.grey, HERE.grey)
    np.testing.assert_array_equal(set_up.background.still, HERE.still)


def footage(folder, name, *, keypoints, seconds=2.0, **changes):
    """A film before the textured wall, with its sound and OpenPose's keypoints beside."""
    frames = film(SCENE, count=round(10 * seconds), **changes)
    wav = write_wav(folder / f"{name}.wav", noise(seconds))
    with (
        open_song(wav) as song,
        VideoWriter(
            folder / f"{name}.mp4", fps=10, width=WIDTH, height=HEIGHT, song=song, metadata={}
        ) as writer,
    ):
        for frame in frames:
            writer.write(frame)
    (keypoints / name).mkdir(parents=True)
    first, last = changes.get("player", (70, 150))
    for index in range(round(10 * seconds)):
        x = first + (last - first) * (0.5 + 0.5 * np.sin(index))
        body = [(x - 20 + 40 * (joint % 2), 66 + 4 * joint, 0.9) for joint in range(len(BODY_JOINTS))]
        person = {"pose_keypoints_2d": list(np.ravel(body))}
        path = keypoints / name / f"{name}_{index:012}_keypoints.json"
        path.write_text(json.dumps({"people": [person]}))


def test_extracted_now_and_later(tmp_path, caplog):
    folder, keypoints, out = tmp_path / "films/cello/ann", tmp_path / "keypoints", tmp_path / "out"
    folder.mkdir(parents=True)
    footage(folder, "take1", keypoints=keypoints)
    footage(folder, "take2", keypoints=keypoints, player=(80, 170), gain=0.8, seed=1)
    (folder / "take0.mp4").write_text("not a video")
    config = ExtractConfig(size=32, crop="person", keypoints=str(keypoints))

    def extract(**options):
        report = run_extract(find_recordings(tmp_path / "films").recordings, out, config, **options)
        found = {}
        for path in sorted(out.glob("*/*/*.h5")):
            with Shard(path) as shard:
                found[shard.info.source[-9:-4]] = (shard.info.crop, path.stat().st_mtime_ns)
        return report, found

    report, first = extract(jobs=2)
    assert [failure.source for failure in report.failures] == ["cello/ann/take0.mp4"]
    assert first["take1"][0] == first["take2"][0]
    x, _, side = first["take1"][0]
    assert x <= 45  # the player's edges: all that moves
    assert x + side >= 195
    assert not caplog.messages

    (folder / "take0.mp4").unlink()
    footage(folder, "a_new", keypoints=keypoints, player=(90, 140), seed=2)
    footage(folder, "moved", keypoints=keypoints, player=(90, 140), right=8.0, seed=3)
    with caplog.at_level(logging.WARNING):
        report, second = extract()
    assert report.failures == []
    assert len(report.skipped) == 2
    assert {name: second[name] for name in first} == first
    assert second["a_new"][0] == first["take1"][0]
    assert second["moved"][0] != first["take1"][0]
    (message,) = [message for message in caplog.messages if "camera" in message]
    assert "cello/ann/take1.mp4" in message or "cello/ann/a_new.mp4" in message
    assert "; cello/ann/moved.mp4." in message
