"""Settings of the structured temporal UNet and of its discriminator."""

from dataclasses import dataclass, field
from typing import Literal

from apvg_core.config_json import JsonConfig
from apvg_core.stages.settings import (
    WIDEST,
    AudioEncoderConfig,
    TrainingConfig,
    largest_map,
    require,
    require_positive,
    require_weights,
    shrinking,
)


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig(JsonConfig):
    """The audio-video discriminator (section III.C).

    Attributes:
        channels: Width after each halving of the frame.
        downscale: Frames are shrunk by this before it scores them (1: the paper).
        max_size: They are halved further until their edge is no larger (0: no bound).
        audio: The audio encoder of the pair's other half.
        pairs: Real frames a step, each of another moment, from which it learns "whether the given audio and
            video are paired" (Eq. 6 has no mismatched pairs).
    """

    channels: tuple[int, ...] = (32, 64, 128, 128)
    downscale: int = 1
    max_size: int = 0
    audio: AudioEncoderConfig = field(default_factory=AudioEncoderConfig)
    pairs: int = 32

    def __post_init__(self) -> None:
        require_positive(self, "channels")
        require(2 <= self.pairs <= 1024, "The discriminator's pairs must be from 2 to 1024.")
        require(len(self.channels) <= 8, "The discriminator has at most eight channels.")
        require(self.downscale in (1, 2, 4), "The discriminator's downscale must be 1, 2 or 4.")
        require(0 <= self.max_size <= WIDEST, f"stu.discriminator.max_size must be from 0 to {WIDEST:,}.")

    def shrinking(self, size: int) -> int:
        """How many times smaller than frames of that size the frames are that it scores."""
        return self.downscale * shrinking(size // self.downscale, self.max_size)


@dataclass(frozen=True, kw_only=True)
class STUConfig(JsonConfig):
    """The structured temporal UNet (section III.C).

    Attributes:
        audio: The audio encoder that joins at the decoder's first layer.
        channels: Width at each level, from the full size down; each further one halves the image.
        max_size: The UNet sees images that are halved until their edge is no larger; its maps and flow are
            scaled up, and the stills are moved and blended at full size, as the layers of Zakharov et al.
            2020 (ours; 0, no bound: the paper).
        patch: The first level sees patches of this many pixels a side as channels, and the last one
            paints them (ours, for speed; 1: the paper).
        coarse: It sees the coarse frame, and corrects it; without, it paints on grey.
        heatmap: It sees the heatmap of the keypoints.
        recurrent: Fuse the high-level feature with the previous frame's by the CNN-GRU.
        graph: Run the GCN over the feature blocks at the keypoints.
        graph_features: Width inside the GCN.
        graph_joints: Its nodes know which joint they are and where, and join at all levels of the decoder
            (ours).
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
    max_size: int = 0
    patch: int = 1
    coarse: bool = True
    heatmap: bool = True
    recurrent: bool = True
    graph: bool = True
    graph_features: int = 128
    graph_joints: bool = False
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
        require(self.coarse or self.heatmap, "The UNet must see the coarse frame, the heatmap, or both.")
        require(
            self.reference or not self.warp, "stu.warp moves the reference frame: stu.reference must be true."
        )
        require(
            self.reference or not self.plate, "stu.plate is behind the reference: stu.reference must be true."
        )
        require(0 <= self.ground_truth_keypoints <= 1, "stu.ground_truth_keypoints must be in [0, 1].")
        require_positive(self, "channels", "graph_features")
        require_weights(self, "weight_pixel", "weight_squared", "weight_perceptual", "weight_adversarial")
        require(2 <= len(self.channels) <= 5, "The UNet needs two to five levels of channels.")
        require(0 <= self.max_size <= WIDEST, f"stu.max_size must be from 0 to {WIDEST:,}.")
        require(self.patch in (1, 2, 4), "patch must be 1, 2 or 4.")
        require(self.perceptual_downscale in (1, 2, 4), "perceptual_downscale must be 1, 2 or 4.")
        require(0 <= self.perceptual_blocks <= 5, "perceptual_blocks must be from 0 to 5.")

    @property
    def bottleneck(self) -> int:
        """How many times smaller than the images that the UNet sees its innermost map is."""
        return self.patch * 2 ** (len(self.channels) - 1)

    def shrinking(self, size: int) -> int:
        """How many times smaller than frames of that size the images are that the UNet sees."""
        return shrinking(size, self.max_size)

    def divisor(self, size: int) -> int:
        """A size like that must be a multiple of this."""
        return self.bottleneck * self.shrinking(size)

    def largest_map(self, size: int) -> int:
        """Numbers in its largest map of features of one frame of that size."""
        return largest_map(self.channels, size // self.shrinking(size) // self.patch)
