from pathlib import Path

import cv2
import numpy as np
import pytest

from apvg_core.drawing import note_plot
from apvg_core.drawing.note_plot import draw_note_plot, write_note_plot
from tests.evaluation.test_note_check import made


def has(image: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((image == colour).all(axis=-1).any())


def test_what_is_right_is_green_and_what_is_not_is_red() -> None:
    right, wrong, silent = (
        draw_note_plot(made(notes, [48.0] * 20), "a title")
        for notes in ([48.0] * 20, [55.0] * 20, [0.0] * 20)
    )
    colours = (note_plot._EXPECTED, note_plot._RIGHT, note_plot._WRONG, note_plot._UNKNOWN)
    assert [has(right, colour) for colour in colours] == [True, True, False, False]
    assert [has(wrong, colour) for colour in colours] == [True, False, True, False]
    assert [has(silent, colour) for colour in colours] == [False, False, False, True]


def test_a_long_recording_has_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(note_plot, "MOST_ROWS", 3)
    heights = {}
    for seconds in (1, 30, 31, 60, 90, 200):
        check = made([48.0] * 10 * seconds, [48.0] * 10 * seconds)
        heights[seconds] = len(draw_note_plot(check, "a title"))
    assert heights[1] == heights[30] < heights[31] == heights[60] < heights[90] == heights[200]
    write_note_plot(tmp_path / "plot.png", check, "a title")
    assert cv2.imread(str(tmp_path / "plot.png")).shape[0] == heights[200]


def test_stills_of_a_video_stand_above_their_time(tmp_path: Path) -> None:
    check = made([48.0] * 330, [48.0] * 330)  # at 10 fps: a row of thirty seconds, and one of three
    assert note_plot.still_frames(check)[:2] == [15, 45]
    assert note_plot.still_frames(check)[-2:] == [285, 315]
    shades = {frame: np.full((100, 144, 3), frame % 251, np.uint8) for frame in note_plot.still_frames(check)}
    plain, drawn = draw_note_plot(check, "a title"), draw_note_plot(check, "a title", shades)
    assert len(drawn) == len(plain) + 2 * 100
    first = 3 * note_plot._TITLE  # below title, key, and the row's own text
    assert drawn[first + 50, 60 + 72].tolist() == [15] * 3
    assert drawn[first + 50, 60 + 9 * 144 + 72].tolist() == [285 % 251] * 3
