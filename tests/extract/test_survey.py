"""Surveys: the frames that have sound."""

import numpy as np

from apvg_core.data.shards import Shard


def test_frames_behind_the_end_of_the_sound_are_left_out(folder, caplog):
    folder.film("cello/ann/take1.mp4", seconds=4.0, heard=1.5)
    report = folder.extract()
    assert sum(entry.frames for entry in report.written) == 7
    assert "take1.wav lasts 1.4 s and the pictures of cello/ann/take1.mp4 last 4.0 s" in caplog.text
    with Shard(folder.out / report.written[-1].path) as shard:  # of each image, its own keypoints
        np.testing.assert_allclose(shard.keypoints[-1, 0, 0] * 64, 26, atol=1.5)
    folder.film("cello/ann/take1.mp4", seconds=4.0, heard=0.1)
    (failure,) = folder.extract(overwrite=True).failures
    assert "take1.wav lasts 0.1 s and ends before a picture is shown" in failure.reason


def test_a_sound_that_ends_as_honest_files_do_costs_no_frame(folder, caplog):
    folder.film("cello/ann/take1.mp4", seconds=2.0, heard=1.6)
    assert sum(entry.frames for entry in folder.extract().written) == 10
    assert "left out" not in caplog.text
