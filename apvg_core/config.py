"""The settings of every stage: frozen, validated when made, JSON both ways.

A recipe (`recipes.py`) is one `RecipeConfig`; a variant is a `dataclasses.replace` of another.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, get_args

from apvg_core.config_json import JsonConfig
from apvg_core.errors import ConfigError

CqtMode = Literal["continuous", "clip"]
"""One CQT over the whole recording, or each frame's 0.5 s clip transformed by itself (the paper)."""

Split = Literal["train", "validation"]

Stage = Literal["khp", "cvg", "stu"]
"""The three trainings, each a folder of a run."""

STAGES: tuple[Stage, ...] = get_args(Stage)

Precision = Literal["auto", "fp32", "bf16"]
"""Arithmetic of a training; the weights are float32 in any case."""

Layout = Literal["auto", "footage", "sub-urmp", "urmp"]
Window = Literal["start", "middle", "end"]
"""Which moment of its chunk of sound an image of Sub-URMP shows."""


WIDEST: Final = 4096
"""Of a layer. A run may come from anybody, and none shall ask for more memory than there is."""


def _require_positive(config: object, *names: str, most: float = WIDEST) -> None:
    """See that these settings, numbers or widths, are all above 0, and at most so many."""
    for name in names:
        value = getattr(config, name)
        values = value if isinstance(value, tuple) else (value,)
        _require(
            bool(values) and all(0 < v <= most for v in values),
            f"{name} must be above 0 and at most {most:,}.",
        )


def _require_weights(config: object, *names: str) -> None:
    """See that these weights of losses are finite and not negative."""
    for name in names:
        _require(0 <= getattr(config, name) <= 1e9, f"{name} must be a number, 0 or above, at most 1e9.")


def _largest_map(channels: tuple[int, ...], edge: int) -> int:
    """Numbers in the largest of the maps of these widths, each further one of half the size."""
    return max(width * (edge >> level) ** 2 for level, width in enumerate(channels))


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ConfigError(sentence)


def check_words(text: str, what: str) -> None:
    """See that a text is a word or a few, which can be shown on a line.

    Raises:
        ConfigError: It is not; the sentence says `what` it would be.
    """
    _require(
        text.isprintable() and 0 < len(text.strip()) <= 255, f"{what} must be a name, not {text[:40]!r}."
    )


@dataclass(frozen=True, kw_only=True)
class ExtractConfig(JsonConfig):
    """How footage becomes shards.

    Attributes:
        size: Edge of the square frames in pixels, a multiple of 16.
        fps: Frames a second; None keeps the source's own.
        cqt_mode: "continuous" over the recording, or "clip": each 0.5 s clip by itself (paper).
        window_offset: Seconds from a frame's time to the middle of its 0.5 s window, within ±0.5.
        lossless: PNG frames instead of JPEG.
        validation_fraction: Share of each performer's footage that is held out, in (0, 0.5].
        crop: What the square frames show: the "person" (and the instrument), the "center" of the image, or
            "X,Y,S": upper left corner and edge in pixels.
        keypoints: Folder of OpenPose's JSON folders, one a recording, in place of MediaPipe's estimates.
    """

    size: int = 256
    fps: float | None = None
    cqt_mode: CqtMode = "continuous"
    window_offset: float = 0.0
    lossless: bool = False
    validation_fraction: float = 0.2
    crop: str = "person"
    keypoints: str | None = None

    def __post_init__(self) -> None:
        _require(
            bool(re.fullmatch(r"person|center|\d+,\d+,[1-9]\d*", self.crop)),
            "--crop must be person, center, or X,Y,S in pixels (for example 640,0,1080).",
        )
        _require(
            32 <= self.size <= 1024 and self.size % 16 == 0,
            "--size must be a multiple of 16 from 32 to 1024.",
        )
        _require(self.fps is None or 1 <= self.fps <= 120, "--fps must be from 1 to 120.")
        _require(self.cqt_mode in ("continuous", "clip"), "--cqt must be continuous or clip.")
        _require(abs(self.window_offset) <= 0.5, "--window-offset must be within ±0.5 seconds.")
        _require(0 < self.validation_fraction <= 0.5, "--validation-fraction must be in (0, 0.5].")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(JsonConfig):
    """How long and in what portions a stage is trained.

    Attributes:
        steps: Optimiser steps.
        batch: Sequences a step.
        sequence: Frames a sequence.
        lr: Adam's learning rate at the start (paper: 1e-3).
        lr_end: The rate it falls to, geometrically, at the last step (paper: 1.25e-4).
        clip_norm: Gradients are scaled down to this norm.
        ema: Decay of the exponential moving average of the weights, which then is what generates (ours);
            0 keeps the weights as they are.
        checkpoint_every: Steps between checkpoints.
        checkpoints: How many of the last ones stay; the best one stays as well.
        validate_every: Steps between validations on held-out footage: losses, images, which one is the best.
        export: Whether the "last" weights or the "best" (of the held-out loss) go into the run.
    """

    steps: int
    batch: int
    sequence: int
    lr: float = 1e-3
    lr_end: float = 1.25e-4
    clip_norm: float = 1.0
    ema: float = 0.0
    checkpoint_every: int = 250
    checkpoints: int = 2
    validate_every: int = 250
    export: Literal["last", "best"] = "last"

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "sequence", "checkpoint_every", "checkpoints", "validate_every"):
            most = 100_000 if name in ("batch", "sequence") else 10**9
            _require(1 <= getattr(self, name) <= most, f"{name} must be at least 1, at most {most:,}.")
        _require(
            0 < self.lr_end <= self.lr <= 1000,
            "The learning rate must be positive and fall: 0 < lr_end <= lr (at most 1000).",
        )
        _require_positive(self, "clip_norm", most=1e9)
        _require(0 <= self.ema < 1, "ema must be in [0, 1).")


@dataclass(frozen=True, kw_only=True)
class AudioEncoderConfig(JsonConfig):
    """The 1-D CNN over a window's 87 columns (the 84 bins are its input channels).

    Attributes:
        channels: Width of each convolution; every one halves the columns.
        features: Size of the resulting vector.
        leak: Slope of the vector's ReLU below zero (ours): with one, no feature can die.
    """

    channels: tuple[int, ...] = (128, 128, 128, 128)
    features: int = 128
    leak: float = 0.0

    def __post_init__(self) -> None:
        _require_positive(self, "channels", "features")
        _require(0 <= self.leak < 1, "leak must be in [0, 1).")
        _require(len(self.channels) <= 7, "The audio encoder halves 87 columns at most seven times.")


@dataclass(frozen=True, kw_only=True)
class KHPConfig(JsonConfig):
    """Keypoint and heatmap prediction (section III.A).

    Attributes:
        audio: The motion encoder.
        hidden: Size of the LSTM's state.
        layers: LSTM layers.
        average_condition: Tell the network the performer's average keypoints.
        residual: Predict the displacement from the average instead of the position (ours).
        lookahead: How many frames of what follows the LSTM hears, a multiple of 8, the frames of a block of
            generation (ours; 0: the paper).
        dropout: Share of the LSTM's outputs that each training sequence must do without (ours; 0: the paper).
        heatmap_size: Edge of the map of Eq. 3; a coarser one pulls from further away.
        weight_coordinates: Weight of Eq. 2.
        weight_heatmap: Weight of Eq. 3.
    """

    training: TrainingConfig
    audio: AudioEncoderConfig = field(default_factory=AudioEncoderConfig)
    hidden: int = 256
    layers: int = 1
    average_condition: bool = True
    residual: bool = False
    lookahead: int = 0
    dropout: float = 0.0
    heatmap_size: int = 64
    weight_coordinates: float = 1.0
    weight_heatmap: float = 0.01

    def __post_init__(self) -> None:
        _require(
            0 <= self.lookahead <= 256 and self.lookahead % 8 == 0,
            "khp.lookahead must be a multiple of 8, at most 256.",
        )
        _require(0 <= self.dropout < 1, "khp.dropout must be in [0, 1).")
        _require_positive(self, "hidden", "heatmap_size")
        _require_positive(self, "layers", most=16)
        _require_weights(self, "weight_coordinates", "weight_heatmap")


@dataclass(frozen=True, kw_only=True)
class CVGConfig(JsonConfig):
    """Coarse video generation (section III.B).

    Attributes:
        audio: The audio encoder.
        hidden: Size of the LSTM's state.
        downscale: The coarse video's edge is the frame's divided by this (1: the paper's full size).
        vgg_channels: Widths of the first five VGG convolutions (VGG-19: 64, 64, 128, 128, 256).
        image_features: Width of the two further convolutions, each of which halves the image.
        noise: Size of the random variable z.
        decoder_channels: Width after each of the four doublings, from coarse to fine.
        reference: Paint what differs from the performer's reference frame (ours: the background need not be
            learned by heart).
        perturbation: Largest disturbance of the frame a training sequence starts from; what teaches
            the network to find back to the performer, so that a long song does not drift.
        teacher_forcing: Share of the training over which real previous frames give way to its own, as
            Bengio et al. 2015 schedule it; 0 shows it its own from the beginning.
    """

    training: TrainingConfig
    audio: AudioEncoderConfig = field(default_factory=AudioEncoderConfig)
    hidden: int = 256
    downscale: int = 4
    vgg_channels: tuple[int, int, int, int, int] = (64, 64, 128, 128, 256)
    image_features: int = 256
    noise: int = 16
    decoder_channels: tuple[int, int, int, int] = (256, 128, 64, 32)
    reference: bool = False
    perturbation: float = 0.5
    teacher_forcing: float = 0.5

    def __post_init__(self) -> None:
        _require(self.downscale in (1, 2, 4, 8), "The coarse downscale must be 1, 2, 4 or 8.")
        _require(0 <= self.teacher_forcing <= 1, "teacher_forcing must be in [0, 1].")
        _require(0 <= self.perturbation <= 1, "perturbation must be in [0, 1].")
        _require(0 <= self.noise <= WIDEST, f"noise must be 0 or above, at most {WIDEST:,}.")
        _require_positive(self, "hidden", "vgg_channels", "image_features", "decoder_channels")

    @property
    def divisor(self) -> int:
        """The frames' size must be a multiple of this."""
        return 16 * self.downscale

    def largest_map(self, size: int) -> int:
        """Numbers in its largest map of features of one frame of that size."""
        full, half, quarter = ((size // self.downscale // by) ** 2 for by in (1, 2, 4))
        first, second, third = self.vgg_channels[:2], self.vgg_channels[2:4], self.vgg_channels[4:]
        *coarser, finest = self.decoder_channels
        return max(full * max(*first, finest), half * max(*second, *coarser), quarter * max(third))


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig(JsonConfig):
    """The audio-video discriminator (section III.C).

    Attributes:
        channels: Width after each halving of the frame.
        downscale: Frames are shrunk by this before they are judged (1: the paper).
        audio: The audio encoder of the pair's other half.
        mismatched_pairs: Also show it real frames with another moment's sound as negatives; fits the
            text ("whether the given audio and video are paired") but is not in Eq. 6.
    """

    channels: tuple[int, ...] = (32, 64, 128, 128)
    downscale: int = 1
    audio: AudioEncoderConfig = field(default_factory=AudioEncoderConfig)
    mismatched_pairs: bool = False

    def __post_init__(self) -> None:
        _require_positive(self, "channels")
        _require(len(self.channels) <= 8, "The discriminator has at most eight channels.")
        _require(self.downscale in (1, 2, 4), "The discriminator's downscale must be 1, 2 or 4.")


@dataclass(frozen=True, kw_only=True)
class STUConfig(JsonConfig):
    """The structured temporal UNet (section III.C).

    Attributes:
        audio: The audio encoder that joins at the decoder's first layer.
        channels: Width at each level, from the full size down; each further one halves the image.
        patch: The first level sees patches of this many pixels a side as channels, and the last one
            paints them (ours, for speed; 1: the paper).
        coarse: It sees the coarse frame, and corrects it; without, it paints on grey.
        heatmap: It sees the heatmap of the keypoints.
        recurrent: Fuse the high-level feature with the previous frame's by the CNN-GRU.
        graph: Run the GCN over the feature blocks at the keypoints.
        graph_features: Width inside the GCN.
        reference: Also show it the performer's reference frame, and let it keep that where nothing
            moves (ours: the background need not be learned by heart).
        warp: Let it move the reference frame before it is kept: as the keypoints have moved that a place
            belongs to, which is learned, and along a flow that it paints (ours: a body that sways and a hand
            that travels need not be painted anew).
        plate: Also show it the performer's plate, let it keep that where nobody is, and correct what is kept
            instead of the coarse frame (ours: what the reference frame hides need not be painted anew).
        lines: Tell every place where it is beside lines that begin in the hands (ours): a bow reaches further
            from its hand than convolutions see.
        ground_truth_keypoints: Share of the training's sequences that show it the footage's keypoints in the
            place of those that KHP predicts (ours; 0: the paper).
        weight_pixel: Weight of the L1 distance of the pixels (ours).
        weight_squared: Weight of their squared distance (ours).
        weight_perceptual: Weight of Eq. 7.
        weight_adversarial: Weight of Eq. 5.
        perceptual_downscale: Images are shrunk by this before the VGG (1: the paper).
        perceptual_blocks: Blocks of the VGG that are compared, from the finest; 0 compares pixels instead.
    """

    kind: Literal["stu"] = "stu"
    training: TrainingConfig
    audio: AudioEncoderConfig = field(default_factory=AudioEncoderConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    channels: tuple[int, ...] = (64, 128, 256, 512, 512)
    patch: int = 1
    coarse: bool = True
    heatmap: bool = True
    recurrent: bool = True
    graph: bool = True
    graph_features: int = 128
    reference: bool = False
    warp: bool = False
    plate: bool = False
    lines: bool = False
    ground_truth_keypoints: float = 0.0
    weight_pixel: float = 0.0
    weight_squared: float = 0.0
    weight_perceptual: float = 1.0
    weight_adversarial: float = 0.01
    perceptual_downscale: int = 1
    perceptual_blocks: int = 5

    def __post_init__(self) -> None:
        _require(self.coarse or self.heatmap, "The UNet must see the coarse frame, the heatmap, or both.")
        _require(
            self.reference or not self.warp, "stu.warp moves the reference frame: stu.reference must be true."
        )
        _require(
            self.reference or not self.plate, "stu.plate is behind the reference: stu.reference must be true."
        )
        _require(0 <= self.ground_truth_keypoints <= 1, "stu.ground_truth_keypoints must be in [0, 1].")
        _require_positive(self, "channels", "graph_features")
        _require_weights(self, "weight_pixel", "weight_squared", "weight_perceptual", "weight_adversarial")
        _require(2 <= len(self.channels) <= 5, "The UNet needs two to five levels of channels.")
        _require(self.patch in (1, 2, 4), "patch must be 1, 2 or 4.")
        _require(self.perceptual_downscale in (1, 2, 4), "perceptual_downscale must be 1, 2 or 4.")
        _require(0 <= self.perceptual_blocks <= 5, "perceptual_blocks must be from 0 to 5.")

    @property
    def divisor(self) -> int:
        """The frames' size must be a multiple of this."""
        return self.patch * 2 ** (len(self.channels) - 1)

    def largest_map(self, size: int) -> int:
        """Numbers in its largest map of features of one frame of that size."""
        return _largest_map(self.channels, size // self.patch)


@dataclass(frozen=True, kw_only=True)
class PatchDiscriminatorConfig(JsonConfig):
    """pix2pixHD's discriminator, the rivals': PatchGANs that look at the image, at half of it, ...

    Attributes:
        channels: Width of each convolution before the verdict; all but the last one halve the image.
        scales: How many of them there are, each seeing half the size of the one before.
    """

    channels: tuple[int, ...] = (64, 128, 256, 512)
    scales: int = 3

    def __post_init__(self) -> None:
        _require_positive(self, "channels")
        _require(2 <= len(self.channels) <= 8, "A rival's discriminator needs two to eight channels.")
        _require(1 <= self.scales <= 3, "A rival's discriminator has one to three scales.")


@dataclass(frozen=True, kw_only=True)
class RivalConfig(JsonConfig, ABC):
    """What the two rivals of Table III have in common; each takes the STU's place and sees the heatmap alone.

    Attributes:
        discriminator: Of each of its discriminators; they differ in how many frames they see at once.
        channels: Width at each level, from the full size down; each further one halves the image.
        blocks: Residual blocks on the way through the generator, at the coarsest level.
        weight_pixel: Weight of the L1 distance of the pixels (ours; 0: their papers).
        weight_perceptual: Weight of the perceptual loss, Eq. 7 (pix2pixHD: 10).
        weight_adversarial: Weight of the least squares GAN loss.
        weight_features: Weight of the discriminators' feature matching (pix2pixHD: 10).
        perceptual_downscale: Images are shrunk by this before the VGG (1: their papers).
        perceptual_blocks: Blocks of the VGG that are compared, from the finest; 0 compares pixels instead.
    """

    coarse: ClassVar[bool] = False
    heatmap: ClassVar[bool] = True
    graph: ClassVar[bool] = False
    plate: ClassVar[bool] = False

    training: TrainingConfig
    discriminator: PatchDiscriminatorConfig = field(default_factory=PatchDiscriminatorConfig)
    channels: tuple[int, ...]
    blocks: int = 9
    weight_pixel: float = 0.0
    weight_perceptual: float = 10.0
    weight_adversarial: float = 1.0
    weight_features: float = 10.0
    perceptual_downscale: int = 1
    perceptual_blocks: int = 5

    def __post_init__(self) -> None:
        _require_positive(self, "channels")
        _require_weights(self, *(f"weight_{name}" for name in self.weights))
        _require(2 <= len(self.channels) <= 5, "A rival needs two to five levels of channels.")
        _require(1 <= self.blocks <= 64, "A rival needs at least one block, and has at most 64.")
        _require(self.perceptual_downscale in (1, 2, 4), "perceptual_downscale must be 1, 2 or 4.")
        _require(0 <= self.perceptual_blocks <= 5, "perceptual_blocks must be from 0 to 5.")
        _require(
            self.training.sequence >= max(self.spans),
            f"training.sequence must be at least {max(self.spans)}: as many frames a discriminator sees.",
        )

    @property
    def divisor(self) -> int:
        """The frames' size must be a multiple of this."""
        return 2 ** (len(self.channels) - 1)

    def largest_map(self, size: int) -> int:
        """Numbers in its largest map of features of one frame of that size."""
        return _largest_map(self.channels, size)

    @property
    @abstractmethod
    def spans(self) -> tuple[int, ...]:
        """How many consecutive frames each of its discriminators sees."""

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each term of the generator's loss."""
        return {
            "pixel": self.weight_pixel,
            "perceptual": self.weight_perceptual,
            "adversarial": self.weight_adversarial,
            "features": self.weight_features,
        }


@dataclass(frozen=True, kw_only=True)
class EBDNConfig(RivalConfig):
    """Everybody Dance Now (Chan et al. 2019); the attributes are `RivalConfig`'s."""

    kind: Literal["ebdn"] = "ebdn"
    channels: tuple[int, ...] = (64, 128, 256, 512, 1024)

    @property
    def spans(self) -> tuple[int, ...]:
        """It judges a frame and the one before it, together."""
        return (2,)


@dataclass(frozen=True, kw_only=True)
class Vid2VidConfig(RivalConfig):
    """vid2vid (Wang, Liu, Zhu et al. 2018); the other attributes are `RivalConfig`'s.

    Attributes:
        history: L, the past frames and poses that the generator sees.
        video_span: K, the consecutive frames that its video discriminator sees.
        weight_flow: Weight of the flow loss.
    """

    kind: Literal["vid2vid"] = "vid2vid"
    channels: tuple[int, ...] = (128, 256, 512, 1024)
    history: int = 2
    video_span: int = 3
    weight_flow: float = 10.0

    def __post_init__(self) -> None:
        _require(
            1 <= self.history <= 16 and 2 <= self.video_span <= 16,
            "history must be from 1 to 16, video_span from 2.",
        )
        super().__post_init__()

    @property
    def spans(self) -> tuple[int, ...]:
        """It judges each frame, and how some in a row move."""
        return (1, self.video_span)

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each term of the generator's loss."""
        return {**super().weights, "flow": self.weight_flow}


@dataclass(frozen=True, kw_only=True)
class RecipeConfig(JsonConfig):
    """Everything that makes one method: its features and its networks.

    Attributes:
        name: As `recipes.get_recipe` takes it.
        cqt_mode: How the CQT windows are made.
        khp: Keypoint prediction; None leaves it out.
        cvg: The coarse video; None leaves it out.
        stu: What makes the final frames: the STU, or a rival in its place.
    """

    name: str
    cqt_mode: CqtMode
    khp: KHPConfig | None
    cvg: CVGConfig | None
    stu: STUConfig | EBDNConfig | Vid2VidConfig

    def __post_init__(self) -> None:
        check_words(self.name, "name")
        _require(
            self.khp is not None or not (self.stu.heatmap or self.stu.graph),
            "Without khp there are no keypoints: stu.heatmap and stu.graph must be false.",
        )
        _require(
            (self.cvg is not None) == self.stu.coarse,
            "stu.coarse must be true with cvg and false without; a rival's is false.",
        )

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages it has, in the order in which they are trained."""
        return tuple(stage for stage in STAGES if getattr(self, stage) is not None)
