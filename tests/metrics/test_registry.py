import pytest

from apvg_core.metrics.keypoints import GROUPS, PCK_THRESHOLDS
from apvg_core.metrics.registry import METRICS


def test_every_metric_is_explained() -> None:
    for key, metric in METRICS.items():
        assert key == metric.key
        assert metric.definition.endswith(".")
        assert metric.definition.count(". ") == metric.definition.count("al. ")  # one sentence
    titles = [metric.title for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)


def test_keys_follow_the_metrics_settings() -> None:
    assert {f"pck_{threshold:.2f}".replace("0.", "") for threshold in PCK_THRESHOLDS} <= set(METRICS)
    assert {f"keypoint_distance_{group}" for group in GROUPS if group != "all"} <= set(METRICS)


@pytest.mark.parametrize(
    ("key", "heading", "better", "worse"),
    [
        ("psnr", "PSNR (dB) ↑", 30, 29),
        ("keypoint_distance", "keypoint distance (edges) ↓", 0.01, 0.02),
        ("motion_ratio", "motion ratio → 1", 1.2, 0.7),
        ("lag", "lag (s) → 0", -0.1, 0.2),
    ],
)
def test_goals(key: str, heading: str, better: float, worse: float) -> None:
    metric = METRICS[key]
    assert metric.heading == heading
    assert metric.better(better, worse)
    assert not metric.better(worse, better)
    assert not metric.better(better, better)


def test_what_has_no_goal_is_never_better() -> None:
    assert METRICS["jerk"].heading == "jerk (edges/s³)"
    assert not METRICS["jerk"].better(1, 2)
