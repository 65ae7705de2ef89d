import pytest

from apvg_core.metrics.registry import METRICS


@pytest.mark.parametrize(
    ("key", "heading", "better", "worse"),
    [
        ("psnr", "PSNR (dB) ↑", 30, 29),
        ("keypoint_distance", "keypoint distance (widths) ↓", 0.01, 0.02),
        ("motion_ratio", "motion ratio → 1", 1.2, 0.7),
        ("temporal_error", "temporal error (of 255) ↓", 1, 2),
    ],
)
@pytest.mark.parametrize("recording", [None, 0.65])
def test_goals(key: str, heading: str, better: float, worse: float, recording: float | None) -> None:
    metric = METRICS[key]
    assert metric.heading == heading
    assert metric.better(better, worse, recording)
    assert not metric.better(worse, better, recording)
    assert not metric.better(better, better, recording)


@pytest.mark.parametrize(
    ("key", "heading", "recording", "better", "worse"),
    [
        ("lag", "lag (s) → recordings", -0.09, -0.1, 0.0),  # a slide moves before its note
        ("onset_f1", "onset F1 → recordings", 0.57, 0.6, 0.65),  # more than a player's own is no better
        ("beat_alignment", "beat alignment → recordings", 0.14, 0.12, 0.9),
        ("lag_correlation", "correlation at the lag → recordings", 0.35, 0.37, 0.6),
        ("jerk", "jerk (widths/s³) → recordings", 41.0, 45, 0),
    ],
)
def test_goals_that_the_recording_sets(
    key: str, heading: str, recording: float, better: float, worse: float
) -> None:
    metric = METRICS[key]
    assert metric.heading == heading
    assert metric.better(better, worse, recording)
    assert not metric.better(worse, better, recording)
    assert not metric.better(better, worse, None)  # nobody knows
    assert not metric.better(worse, better, None)


def test_what_has_no_goal_is_never_better() -> None:
    assert METRICS["onset_f1_chance"].heading == "onset F1 by chance"
    assert not METRICS["onset_f1_chance"].better(1, 2, 3)
