"""All metrics, in the order of files, tables and reports: each module's own declarations."""

from typing import Final

from apvg_core.metrics import details, drift, hands, images, keypoints, learned, music, perceptual, sync
from apvg_core.metrics.metric import AnyMetric, Group

METRICS: Final[dict[str, AnyMetric]] = {
    metric.key: metric
    for module in (images, drift, learned, sync, details, perceptual, hands, keypoints, music)
    for metric in module.METRICS
}
"""The metrics, by key."""


def metrics_of(group: Group, *, of_footage: bool = False) -> list[AnyMetric]:
    """Return the metrics of a group, in order; with `of_footage` only those that the footage itself has."""
    return [m for m in METRICS.values() if m.group == group and (m.of_footage or not of_footage)]
