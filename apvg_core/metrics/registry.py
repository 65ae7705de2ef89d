"""How each metric is called, in files, tables and reports."""

from dataclasses import dataclass
from typing import Final, Literal, assert_never

Goal = Literal["high", "low", "recording"] | float | None
"""What is better: more, less, nearer to a value, or nearer to what the recording itself has, which need not
be perfect (a slide moves before its note); None where nothing is."""


@dataclass(frozen=True)
class Metric:
    """What a reader has to know about a metric.

    Attributes:
        key: Its name in files.
        title: Its name for people.
        unit: Of its values; empty for a plain number.
        goal: What is better.
        decimals: Worth showing.
        definition: One sentence.
    """

    key: str
    title: str
    unit: str
    goal: Goal
    decimals: int
    definition: str

    @property
    def heading(self) -> str:
        """Title, unit and goal, as above a column: "PSNR (dB) ↑", "lag (s) → recordings"."""
        return " ".join(part for part in (self.title, self.unit and f"({self.unit})", self._arrow) if part)

    @property
    def _arrow(self) -> str:
        match self.goal:
            case "high":
                return "↑"
            case "low":
                return "↓"
            case "recording":
                return "→ recordings"
            case None:
                return ""
            case float(value):
                return f"→ {value:g}"
        assert_never(self.goal)

    def better(self, one: float, other: float, recording: float | None) -> bool:
        """Whether `one` is a better value than `other`; never where there is no goal.

        Args:
            one: A value.
            other: Another.
            recording: What the recording itself has; None where it has no value.
        """
        goal = recording if self.goal == "recording" else self.goal
        match goal:
            case "high":
                return one > other
            case "low":
                return one < other
            case None:
                return False
            case float(value):
                return abs(one - value) < abs(other - value)
        assert_never(goal)


METRICS: Final = {
    metric.key: metric
    for metric in (
        Metric("psnr", "PSNR", "dB", "high", 2, "10 log10(255² / MSE) of a frame, mean over frames."),
        Metric("ssim", "SSIM", "", "high", 3,
               "Structural similarity (Wang et al. 2004; Gaussian window, σ = 1.5), mean over frames."),
        Metric("ms_ssim", "MS-SSIM", "", "high", 3,
               "Structural similarity at up to five scales (Wang et al. 2003), mean over frames."),
        Metric("temporal_error", "temporal error", "of 255", "low", 2,
               "Mean difference between what changes from frame to frame and what should; a still's is low."),
        Metric("motion_ratio", "motion ratio", "", 1.0, 2,
               "Mean change from frame to frame, over that of the recording's frames."),
        Metric("keypoint_distance", "keypoint distance", "edges", "low", 4,
               "Distance from the true keypoint, in edges of the picture, mean over visible joints."),
        Metric("keypoint_distance_body", "body", "edges", "low", 4,
               "Keypoint distance of the body's joints."),
        Metric("keypoint_distance_left_hand", "left hand", "edges", "low", 4,
               "Keypoint distance of the left hand's joints."),
        Metric("keypoint_distance_right_hand", "right hand", "edges", "low", 4,
               "Keypoint distance of the right hand's joints."),
        Metric("relative_distance", "distance from the neck", "edges", "low", 4,
               "Keypoint distance with both necks laid on each other, so without the body's sway."),
        Metric("pck_02", "PCK at 0.02", "", "high", 3,
               "Share of the visible joints at most 0.02 edges of the picture from the truth."),
        Metric("pck_05", "PCK at 0.05", "", "high", 3,
               "Share of the visible joints at most 0.05 edges of the picture from the truth."),
        Metric("jerk", "jerk", "edges/s³", "recording", 1,
               "Norm of the third difference of the keypoints times fps³, mean over visible joints."),
        Metric("jitter", "jitter", "edges", "low", 5,
               "Norm of the second difference of keypoints whose true ones stand still, mean over joints."),
        Metric("beat_alignment", "beat alignment", "", "recording", 3,
               "exp(-d² / 2σ²), σ = 0.05 s, of each rest of the motion to the nearest onset (AIST++), mean."),
        Metric("onset_f1", "onset F1", "", "recording", 3,
               "F1 of the hands' arrivals (slide) or departures (bow) against the music's onsets, ± 80 ms."),
        Metric("onset_f1_chance", "onset F1 by chance", "", None, 3,
               "Onset F1 of the same events shifted in time, which have nothing to do with the music."),
        Metric("bow_f1", "bow-change F1", "", "high", 3,
               "F1 of the bow hand's changes of direction, in the air too, against the true ones, ± 80 ms."),
        Metric("lag", "lag", "s", "recording", 3,
               "Time by which motion follows the sound where their energies correlate best, within 1 s."),
        Metric("lag_correlation", "correlation at the lag", "", "recording", 3,
               "Correlation of the motion's energy with the onset strength at the best lag."),
        Metric("slide_agreement", "slide", "r", "high", 3,
               "Correlation of the right wrist's track with the slide's true position, where it sounds."),
        Metric("bow_agreement", "bow", "r", "high", 3,
               "Correlation of the right wrist's track with the bow's true position, where it sounds."),
        Metric("left_hand_agreement", "left hand on the string", "r", "high", 3,
               "Correlation of the left wrist's track with its true place, where it sounds."),
        Metric("agreement", "agreement", "", "high", 3,
               "Pearson's correlation of the playing hand's track with the true one, where it sounds."),
        Metric("psnr_drift", "drift of PSNR", "dB/min", 0.0, 2,
               "Slope of the line through a recording's PSNR (30 s or more), mean over recordings."),
        Metric("lpips", "LPIPS", "", "low", 3,
               "Distance of AlexNet's features (Zhang et al. 2018), mean over recordings."),
        Metric("fid", "FID", "", "low", 1,
               "Fréchet distance of a recording's Inception features (Heusel et al. 2017), mean over them."),
    )
}  # fmt: skip
"""All metrics, by key."""
