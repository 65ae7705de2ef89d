"""Settings of the baselines of Table III, and of their discriminators."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from apvg_core.config_json import JsonConfig
from apvg_core.stages.settings import TrainingConfig, largest_map, require, require_positive, require_weights


@dataclass(frozen=True, kw_only=True)
class PatchDiscriminatorConfig(JsonConfig):
    """The discriminator of both baselines, pix2pixHD's: PatchGANs at several scales.

    Attributes:
        channels: Width of each convolution before the verdict; all but the last one halve the image.
        scales: How many of them there are, each seeing half the size of the one before.
    """

    channels: tuple[int, ...] = (64, 128, 256, 512)
    scales: int = 3

    def __post_init__(self) -> None:
        require_positive(self, "channels")
        require(2 <= len(self.channels) <= 8, "A baseline's discriminator needs two to eight channels.")
        require(1 <= self.scales <= 3, "A baseline's discriminator has one to three scales.")


@dataclass(frozen=True, kw_only=True)
class BaselineConfig(JsonConfig, ABC):
    """The common settings of the baselines of Table III, which take the STU's place, and hear nothing.

    Attributes:
        discriminator: Settings of each of its discriminators; they differ in the frames they see at once.
        channels: Width at each level, from the full size down; each further one halves the image.
        blocks: Residual blocks on the way through the generator, at the coarsest level.
        stills: Also show it the performer's reference frame and plate, as the STU sees them (ours).
        ground_truth_keypoints: As the STU's (ours; 0: their papers).
        weight_pixel: Weight of the L1 distance of the pixels (ours; 0: their papers).
        weight_squared: Weight of their squared distance (ours).
        weight_perceptual: Weight of the perceptual loss, Eq. 7 (pix2pixHD: 10).
        weight_adversarial: Weight of the least squares GAN loss.
        weight_features: Weight of the discriminators' feature matching (pix2pixHD: 10).
        perceptual_downscale: Images are shrunk by this before the VGG (1: their papers).
        perceptual_blocks: Blocks of the VGG that are compared, from the finest; 0 compares pixels instead.
    """

    coarse: ClassVar[bool] = False
    heatmap: ClassVar[bool] = True
    graph: ClassVar[bool] = False

    training: TrainingConfig
    discriminator: PatchDiscriminatorConfig = field(default_factory=PatchDiscriminatorConfig)
    channels: tuple[int, ...]
    blocks: int = 9
    stills: bool = False
    ground_truth_keypoints: float = 0.0
    weight_pixel: float = 0.0
    weight_squared: float = 0.0
    weight_perceptual: float = 10.0
    weight_adversarial: float = 1.0
    weight_features: float = 10.0
    perceptual_downscale: int = 1
    perceptual_blocks: int = 5

    def __post_init__(self) -> None:
        require_positive(self, "channels")
        require_weights(self, *(f"weight_{name}" for name in self.weights))
        require(2 <= len(self.channels) <= 5, "A baseline needs two to five levels of channels.")
        require(1 <= self.blocks <= 64, "A baseline needs at least one block, and has at most 64.")
        require(self.perceptual_downscale in (1, 2, 4), "perceptual_downscale must be 1, 2 or 4.")
        require(0 <= self.ground_truth_keypoints <= 1, "stu.ground_truth_keypoints must be in [0, 1].")
        require(0 <= self.perceptual_blocks <= 5, "perceptual_blocks must be from 0 to 5.")
        require(
            self.training.sequence >= max(self.spans),
            f"training.sequence must be at least {max(self.spans)}: as many frames a discriminator sees.",
        )

    def divisor(self, _size: int) -> int:
        """Any size must be a multiple of this."""
        return 2 ** (len(self.channels) - 1)

    def largest_map(self, size: int) -> int:
        """Count the numbers in its largest map of features of one frame of that size."""
        return largest_map(self.channels, size)

    @property
    @abstractmethod
    def spans(self) -> tuple[int, ...]:
        """The numbers of consecutive frames that its discriminators see."""

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each term of the generator's loss."""
        return {
            "pixel": self.weight_pixel,
            "squared": self.weight_squared,
            "perceptual": self.weight_perceptual,
            "adversarial": self.weight_adversarial,
            "features": self.weight_features,
        }


@dataclass(frozen=True, kw_only=True)
class EBDNConfig(BaselineConfig):
    """Everybody Dance Now (Chan et al. 2019); the attributes are `BaselineConfig`'s."""

    kind: Literal["ebdn"] = "ebdn"
    channels: tuple[int, ...] = (64, 128, 256, 512, 1024)

    @property
    def spans(self) -> tuple[int, ...]:
        """Two: a frame and the one before it, together."""
        return (2,)


@dataclass(frozen=True, kw_only=True)
class Vid2VidConfig(BaselineConfig):
    """vid2vid (Wang, Liu, Zhu et al. 2018); the other attributes are `BaselineConfig`'s.

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
        require(
            1 <= self.history <= 16 and 2 <= self.video_span <= 16,
            "history must be from 1 to 16, video_span from 2.",
        )
        super().__post_init__()

    @property
    def spans(self) -> tuple[int, ...]:
        """One, and `video_span`: each frame, and how some in a row move."""
        return (1, self.video_span)

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each term of the generator's loss."""
        return {**super().weights, "flow": self.weight_flow}
