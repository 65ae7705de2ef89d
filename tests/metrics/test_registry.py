from apvg_core.metrics.keypoints import GROUPS
from apvg_core.metrics.registry import METRICS, metrics_of


def test_every_metric_is_explained() -> None:
    for key, metric in METRICS.items():
        assert key == metric.key
        assert metric.definition.endswith(".")
        assert metric.definition.count(". ") == metric.definition.count("al. ")  # one sentence
    titles = [metric.title for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)


def test_every_group_of_joints_has_a_distance() -> None:
    assert {f"keypoint_distance_{group}" for group in GROUPS if group != "all"} <= set(METRICS)


def test_groups_share_out_the_metrics() -> None:
    groups = ("images", "drift", "learned", "sync", "details", "perceptual", "hands", "keypoints", "music")
    assert [metric.key for group in groups for metric in metrics_of(group)] == list(METRICS)


def test_footage_has_what_needs_no_comparison() -> None:
    assert [metric.key for metric in metrics_of("keypoints", of_footage=True)] == ["jitter", "jerk"]
    assert metrics_of("hands", of_footage=True) == metrics_of("hands") != []
    assert metrics_of("images", of_footage=True) == []
    music = {metric.key for metric in metrics_of("music")}
    assert music - {metric.key for metric in metrics_of("music", of_footage=True)} == {"agreement"}
