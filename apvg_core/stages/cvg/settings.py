"""Settings of coarse video generation."""

from dataclasses import dataclass, field

from apvg_core.config_json import JsonConfig
from apvg_core.stages.settings import (
    WIDEST,
    AudioEncoderConfig,
    TrainingConfig,
    require,
    require_lookahead,
    require_positive,
    require_weights,
    shrinking,
)


@dataclass(frozen=True, kw_only=True)
class CVGConfig(JsonConfig):
    """Coarse video generation (section III.B).

    Attributes:
        audio: The audio encoder.
        hidden: Size of the LSTM's state.
        hears_as_khp: What hears (audio encoder, lookahead, LSTM) is the trained KHP's, of the same sizes, and
            stays so (ours): keypoints are learned from many more frames than images.
        downscale: The coarse video's edge is the frame's divided by this (1: the paper's full size).
        max_size: Its largest edge: it is halved until it is no larger (ours; 0, no bound: the paper).
        vgg_channels: Widths of the first five VGG convolutions (VGG-19: 64, 64, 128, 128, 256).
        image_features: Width of the two further convolutions, each of which halves the image.
        noise: Size of the random variable z.
        decoder_channels: Width after each of the four doublings, from coarse to fine.
        lookahead_s: How many seconds of what follows the LSTM hears (ours; 0: the paper); see
            `lookahead_frames`.
        history: Frames of sound that the LSTM has heard before a training sequence (ours; 0: none, as in
            the first moment of a song).
        audio_grid: The audio feature is laid out on a grid of so many cells a side (ours: it else is the same
            everywhere and cannot say where something is; 0: the paper).
        reference: Paint what differs from the performer's reference frame (ours: the background need not be
            learned by heart).
        warp: Move the reference along a flow before what differs is painted (ours: what sways by a part of a
            pixel need not be painted anew).
        perturbation: Largest disturbance of the frame a training sequence starts from; what teaches
            the network to find back to the performer, so that a long song does not drift.
        teacher_forcing: Share of the training over which real previous frames give way to its own, as
            Bengio et al. 2015 schedule it; 0 shows it its own from the beginning.
        weight_pixel: Weight of Eq. 4.
        weight_squared: Weight of the squared distance (ours): by Eq. 4 it is best to leave out what is as
            likely to be elsewhere.
    """

    training: TrainingConfig
    audio: AudioEncoderConfig = field(default_factory=AudioEncoderConfig)
    hidden: int = 256
    hears_as_khp: bool = False
    downscale: int = 4
    max_size: int = 0
    vgg_channels: tuple[int, int, int, int, int] = (64, 64, 128, 128, 256)
    image_features: int = 256
    noise: int = 16
    decoder_channels: tuple[int, int, int, int] = (256, 128, 64, 32)
    lookahead_s: float = 0.0
    history: int = 0
    audio_grid: int = 0
    reference: bool = False
    warp: bool = False
    perturbation: float = 0.5
    teacher_forcing: float = 0.5
    weight_pixel: float = 1.0
    weight_squared: float = 0.0

    def __post_init__(self) -> None:
        require(self.downscale in (1, 2, 4, 8), "The coarse downscale must be 1, 2, 4 or 8.")
        require(0 <= self.max_size <= WIDEST, f"cvg.max_size must be from 0 to {WIDEST:,}.")
        require(
            self.reference or not self.warp, "cvg.warp moves the reference frame: cvg.reference must be true."
        )
        require(0 <= self.teacher_forcing <= 1, "teacher_forcing must be in [0, 1].")
        require(0 <= self.perturbation <= 1, "perturbation must be in [0, 1].")
        require_lookahead("cvg", self.lookahead_s)
        require(0 <= self.history <= 1000, "cvg.history must be from 0 to 1000.")
        require(0 <= self.audio_grid <= 16, "cvg.audio_grid must be from 0 to 16.")
        require_weights(self, "weight_pixel", "weight_squared")
        require(0 <= self.noise <= WIDEST, f"noise must be 0 or above, at most {WIDEST:,}.")
        require_positive(self, "hidden", "vgg_channels", "image_features", "decoder_channels")

    def shrinking(self, size: int) -> int:
        """How many times smaller than frames of that size the coarse video is."""
        return self.downscale * shrinking(size // self.downscale, self.max_size)

    def coarse_size(self, size: int) -> int:
        """Edge of the coarse video for frames of that size, in pixels."""
        return size // self.shrinking(size)

    def divisor(self, size: int) -> int:
        """A size like that must be a multiple of this."""
        return 16 * self.shrinking(size)

    def largest_map(self, size: int) -> int:
        """Numbers in its largest map of features of one frame of that size."""
        full, half, quarter = ((self.coarse_size(size) // by) ** 2 for by in (1, 2, 4))
        first, second, third = self.vgg_channels[:2], self.vgg_channels[2:4], self.vgg_channels[4:]
        *coarser, finest = self.decoder_channels
        return max(full * max(*first, finest), half * max(*second, *coarser), quarter * max(third))
