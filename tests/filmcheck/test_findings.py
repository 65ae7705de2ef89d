"""What is said of a film whose measurements are known."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from apvg_core.data.sources.recording import Recording
from apvg_core.extract.survey import View
from apvg_core.features.arms import RIGHT
from apvg_core.features.background import Background
from apvg_core.features.crop import Extent
from apvg_core.features.pose import Pose
from apvg_core.filmcheck.film import Film, Hand, Heard, Picture, Window
from apvg_core.filmcheck.findings import judge, runs_of
from apvg_core.filmcheck.sheet import CAPTION, draw_worst
from apvg_core.media.frame_sources import VideoFrames
from apvg_core.media.video import VideoInfo

GREY = np.zeros((9, 16), np.uint8)
POSE = Pose(np.full((60, 2), 0.5, np.float32), np.ones(60, np.float32))
THUMB = cv2.imencode(".jpg", np.zeros((270, 480, 3), np.uint8))[1].tobytes()
SHARP = Hand(0.45, 150.0)


def picture(index: int, **changes: object) -> Picture:
    return replace(Picture(index / 10, POSE, (SHARP, SHARP), 0.0, GREY, THUMB), **changes)


def film(pictures: list[Picture] | None = None, **changes: object) -> Film:
    """A film of a trombonist without a fault: 10 pictures, 20 s, the last 2 s silent."""
    pictures = pictures or [picture(k) for k in range(10)]
    sounding = np.arange(1000) < 900
    notes = np.where(sounding, np.linspace(34, 77, 1000).round(), np.nan)
    body = np.array([[100.0, 0], [600, 700]])
    made = Film(
        Recording(
            instrument="trombone", performer="ann", source="take1.mp4", split=None,
            images=VideoFrames(Path("take1.mp4")), sound=Path("take1.mp4"),
        ),
        VideoInfo(width=1280, height=720, fps=25.0, duration=20.0, has_audio=True),
        np.arange(500) / 25,
        [Window(pictures, np.ones(99), None)],
        1,
        Heard(50.0, np.ones(1000, np.bool_), sounding, sounding, notes),
        View(Extent(body, body), Background(GREY, GREY == 0, 1280, 720), wanders=False),
    )  # fmt: skip
    return replace(made, **changes)


def faults(of: Film) -> dict[str, str]:
    return {finding.topic: finding.verdict for finding in judge(of) if finding.verdict != "good"}


def heard(**changes: object) -> dict[str, object]:
    return {"heard": replace(film().heard, **changes)}


def test_a_good_film_has_no_faults_and_says_what_was_measured():
    assert faults(film()) == {}
    said = {finding.topic: finding.sentence for finding in judge(film())}
    assert said["left hand"] == "seen in 100% of 10 pictures."
    assert said["rests"] == "2 seconds of silence."
    assert said["frame rate"] == "25 frames a second, regular."


@pytest.mark.parametrize(("missed", "verdict"), [(2, None), (3, "look"), (6, "bad")])
def test_a_missed_hand(missed, verdict):
    confidence = np.ones(60, np.float32)
    confidence[RIGHT.hand] = 0
    shown = [picture(k, pose=replace(POSE, confidence=confidence)) for k in range(missed)]
    found = film([*shown, *(picture(k) for k in range(missed, 10))])
    assert faults(found) == ({"right hand": verdict} if verdict else {})
    assert all(finding.worst[-1] < missed for finding in judge(found) if finding.worst)


def test_a_hand_beyond_the_edge():
    outside = np.zeros(60, np.bool_)
    outside[RIGHT.wrist] = True
    pictures = [picture(k, pose=replace(POSE, outside=outside) if k == 4 else POSE) for k in range(10)]
    [finding] = [finding for finding in judge(film(pictures)) if finding.verdict != "good"]
    assert (finding.topic, finding.worst) == ("right hand at the edge", (4,))


@pytest.mark.parametrize(
    ("hand", "topic"),
    [(Hand(0.7, 150.0), "sharpness of the left hand"), (Hand(0.45, 40.0), "light on the left hand")],
)
def test_a_blurred_or_dark_hand(hand, topic):
    assert faults(film([picture(k, hands=(hand, SHARP)) for k in range(10)])) == {topic: "look"}


def test_a_camera_that_moves_within_a_window_or_between():
    assert faults(film([picture(k, displaced=0.002 * k) for k in range(10)])) == {"camera": "bad"}
    assert faults(film(view=replace(film().view, wanders=True))) == {"camera": "bad"}


def test_a_clock_that_is_uneven_slow_or_repeats_frames():
    times = np.delete(np.arange(520) / 25, np.arange(10, 500, 25))  # every 25th is dropped
    assert faults(film(times=times)) == {"frame rate": "look"}
    steps = np.where(np.arange(99) % 5 == 2, 0.0, 1.0)
    assert faults(film(windows=[replace(film().windows[0], steps=steps)])) == {"frame rate": "look"}
    assert faults(film(video=replace(film().video, fps=15.0))) == {"frame rate": "look"}


def test_a_second_person():
    assert faults(film(windows=[replace(film().windows[0], other=(0.5, POSE))])) == {"second person": "look"}


@pytest.mark.parametrize(
    ("changes", "topic", "verdict"),
    [
        (heard(clear=np.arange(1000) < 500), "other instruments", "look"),
        (heard(sounding=np.ones(1000, np.bool_), clear=np.ones(1000, np.bool_)), "rests", "look"),
        (heard(notes=np.full(1000, 50.0)), "range", "look"),
        (
            {"video": VideoInfo(width=1280, height=720, fps=25.0, duration=25.0, has_audio=True)},
            "sound",
            "look",
        ),
    ],
)
def test_sound(changes, topic, verdict):
    assert faults(film(**changes)) == {topic: verdict}


def test_nothing_is_heard():
    nothing = np.zeros(1000, np.bool_)
    silent = heard(sounding=nothing, clear=nothing, notes=np.full(1000, np.nan))
    assert faults(film(**silent)) == {"sound": "bad"}


def test_runs():
    assert runs_of(np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], np.bool_)).tolist() == [2, 1, 3]
    assert runs_of(np.zeros(3, np.bool_)).tolist() == []


def test_the_sheet_has_a_row_for_each_finding_that_pictures_show():
    good, shaken = film(), film([picture(k, displaced=0.002 * k) for k in range(10)])
    assert draw_worst([(good, judge(good))]) is None
    sheet = draw_worst([(good, judge(good)), (shaken, judge(shaken))])
    assert sheet is not None
    assert sheet.shape == (270 + CAPTION, 3 * 480, 3)
