"""Settings of extraction, and of a whole recipe: frozen, checked when they are made, JSON both ways.

Those of each stage lie in its folder, `stages/<stage>/settings.py`. A recipe (`recipes.py`) is one
`RecipeConfig`; a variant is a `dataclasses.replace` of another.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from apvg_core.config_json import JsonConfig
from apvg_core.stages.cvg.settings import CVGConfig
from apvg_core.stages.khp.settings import KHPConfig
from apvg_core.stages.settings import AudioEncoderConfig, require
from apvg_core.stages.stu.baselines.settings import EBDNConfig, Vid2VidConfig
from apvg_core.stages.stu.settings import STUConfig

CqtMode = Literal["continuous", "clip"]
"""One CQT over the whole recording, or each frame's 0.5 s clip transformed by itself (the paper)."""

Split = Literal["train", "validation", "test"]
"""What is learned from; what training is validated on, and choices are made by; what is only ever scored."""

Stage = Literal["khp", "cvg", "stu"]
"""The three trainings, each a folder of a run."""

STAGES: tuple[Stage, ...] = get_args(Stage)

Precision = Literal["auto", "fp32", "bf16"]
"""Arithmetic of a training; the weights are float32 in any case."""

Layout = Literal["auto", "footage", "sub-urmp", "urmp"]
Window = Literal["start", "middle", "end"]
"""Which moment of its chunk of sound an image of Sub-URMP shows."""


def check_words(text: str, what: str) -> None:
    """See that a text is a word or a few, which can be shown on a line.

    Raises:
        ConfigError: It is not; the sentence says `what` it would be.
    """
    require(text.isprintable() and 0 < len(text.strip()) <= 255, f"{what} must be a name, not {text[:40]!r}.")


@dataclass(frozen=True, kw_only=True)
class ExtractConfig(JsonConfig):
    """Settings of an extraction of footage to shards.

    Attributes:
        size: Edge of the square frames in pixels, a multiple of 16.
        fps: Frames a second; None keeps the source's own.
        cqt_mode: "continuous" over the recording, or "clip": each 0.5 s clip by itself (paper).
        window_offset: Seconds from a frame's time to the middle of its 0.5 s window, within ±0.5.
        lossless: PNG frames instead of JPEG.
        validation_fraction: Share of each performer's footage that is held out, in (0, 0.5].
        test_fraction: Share of each performer's footage that is kept for tests alone, in [0, 0.5].
        crop: Part of the image in the square frames: the "person" (and the instrument), its "center", or
            "X,Y,S": upper left corner and edge in pixels.
        keypoints: Folder of OpenPose's JSON folders, one a recording, in place of MediaPipe's estimates.
    """

    size: int = 256
    fps: float | None = None
    cqt_mode: CqtMode = "continuous"
    window_offset: float = 0.0
    lossless: bool = False
    validation_fraction: float = 0.2
    test_fraction: float = 0.0
    crop: str = "person"
    keypoints: str | None = None

    def __post_init__(self) -> None:
        require(
            bool(re.fullmatch(r"person|center|\d+,\d+,[1-9]\d*", self.crop)),
            "--crop must be person, center, or X,Y,S in pixels (for example 640,0,1080).",
        )
        require(
            32 <= self.size <= 1024 and self.size % 16 == 0,
            "--size must be a multiple of 16 from 32 to 1024.",
        )
        require(self.fps is None or 1 <= self.fps <= 120, "--fps must be from 1 to 120.")
        require(self.cqt_mode in ("continuous", "clip"), "--cqt must be continuous or clip.")
        require(abs(self.window_offset) <= 0.5, "--window-offset must be within ±0.5 seconds.")
        require(0 < self.validation_fraction <= 0.5, "--validation-fraction must be in (0, 0.5].")
        require(0 <= self.test_fraction <= 0.5, "--test-fraction must be in [0, 0.5].")
        require(
            self.validation_fraction + self.test_fraction < 1,
            "--validation-fraction and --test-fraction leave nothing to train on.",
        )


def _sizes(audio: AudioEncoderConfig) -> tuple[object, ...]:
    return audio.channels, audio.features, audio.standardise


def _hearing(stage: KHPConfig | CVGConfig) -> tuple[object, ...]:
    return _sizes(stage.audio), stage.lookahead_s, stage.hidden


@dataclass(frozen=True, kw_only=True)
class RecipeConfig(JsonConfig):
    """Everything that makes one method: its features and its networks.

    Attributes:
        name: As `recipes.get_recipe` takes it.
        cqt_mode: How the CQT windows are made.
        khp: Keypoint prediction; None leaves it out.
        cvg: The coarse video; None leaves it out.
        stu: The last stage, which makes the final frames: the STU, or a baseline in its place.
    """

    name: str
    cqt_mode: CqtMode
    khp: KHPConfig | None
    cvg: CVGConfig | None
    stu: STUConfig | EBDNConfig | Vid2VidConfig

    def __post_init__(self) -> None:
        check_words(self.name, "name")
        require(
            self.khp is not None or not (self.stu.heatmap or self.stu.graph),
            "Without khp there are no keypoints: stu.heatmap and stu.graph must be false.",
        )
        require(
            (self.cvg is not None) == self.stu.coarse,
            "stu.coarse must be true with cvg and false without; a rival's is false.",
        )
        for name, audio in self._later_audio_encoders().items():
            fits = self.khp is not None and _sizes(audio) == _sizes(self.khp.audio)
            require(
                fits or not audio.from_khp,
                f"{name}.from_khp must be false: khp has no audio encoder of these channels, features, "
                "standardise.",
            )
        if self.cvg is not None and self.cvg.hears_as_khp:
            require(
                self.khp is not None and _hearing(self.cvg) == _hearing(self.khp) and self.khp.layers == 1,
                "cvg hears as khp: give it the audio, lookahead_s and hidden of khp, and khp one layer; or "
                "--set cvg.hears_as_khp=false.",
            )

    def _later_audio_encoders(self) -> dict[str, AudioEncoderConfig]:
        """The audio encoders that may begin as KHP's, by their place."""
        encoders = {} if self.cvg is None else {"cvg.audio": self.cvg.audio}
        if isinstance(self.stu, STUConfig):
            encoders |= {"stu.audio": self.stu.audio, "stu.discriminator.audio": self.stu.discriminator.audio}
        return encoders

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages it has, in the order in which they are trained."""
        return tuple(stage for stage in STAGES if getattr(self, stage) is not None)

    def goes_on_from(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages whose networks a stage is trained to go on from; if one changes, it is stale."""
        if stage == "stu":
            return ("khp", "cvg")
        return ("khp",) if stage == "cvg" and self.cvg is not None and self.cvg.hears_as_khp else ()
