"""Small building blocks several networks share."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from apvg_core.layers.harmonics import STRIDE, Harmonics
from apvg_core.stages.settings import AudioEncoderConfig
from apvg_core.units import CQT_BINS, CQT_FLOOR_DB, WINDOW_COLUMNS


def group_norm(channels: int) -> nn.GroupNorm:
    """Make a GroupNorm of up to eight groups: no running statistics, so a batch may be split at will."""
    groups = next(g for g in (8, 4, 2, 1) if channels % g == 0)
    return nn.GroupNorm(groups, channels)


def conv_block(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    """Make a 3 x 3 convolution, GroupNorm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1), group_norm(outputs), nn.ReLU()
    )


def kaiming_init(network: nn.Module) -> None:
    """Initialise every weight as He et al. 2015 (the paper's section IV.A) and every bias with zero.

    Matrices that feed no ReLU (the LSTM's) get the gain of a linear layer.
    """
    for module in network.modules():
        if isinstance(module, nn.LSTM | nn.LSTMCell):
            for name, parameter in module.named_parameters():
                if name.startswith("weight"):
                    nn.init.kaiming_normal_(parameter, nonlinearity="linear")
                else:
                    nn.init.zeros_(parameter)
        elif isinstance(module, nn.Conv1d | nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


class AudioEncoder(nn.Module):
    """Encoder of a 0.5 s CQT window to one vector, by 1-D convolutions over its columns.

    The paper calls it motion encoder (KHP) and audio encoder (CVG, STU) and says "1D-CNNs"; depth and
    width are ours. What is left of the columns is flattened, not averaged, since *when* in the window
    something sounds is what moves the player.

    With `standardise` (ours) the windows are centred bin by bin and scaled, by statistics of the training set
    that are part of the weights. With `harmonics` (ours) maps of pitch take the place of the first two
    convolutions.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: AudioEncoderConfig) -> None:
        super().__init__()
        self.standardise = config.standardise
        if config.standardise:
            self.register_buffer("mean", torch.full((CQT_BINS, 1), CQT_FLOOR_DB))
            self.register_buffer("std", torch.full((1,), -CQT_FLOOR_DB))  # files have no scalars
        layers: list[nn.Module] = []
        inputs, columns, widths = CQT_BINS, WINDOW_COLUMNS, config.channels
        if config.harmonics:  # whose convolutions have halved the columns twice
            layers.append(Harmonics(config.harmonics))
            inputs, columns, widths = config.harmonics * CQT_BINS, -(-WINDOW_COLUMNS // STRIDE), widths[2:]
        for outputs in widths:
            layers += [nn.Conv1d(inputs, outputs, 5, stride=2, padding=2), group_norm(outputs), nn.ReLU()]
            inputs, columns = outputs, (columns + 1) // 2
        self.convolutions = nn.Sequential(*layers)
        self.project = nn.Sequential(nn.Linear(inputs * columns, config.features), nn.LeakyReLU(config.leak))

    def forward(self, windows_bfc: Tensor) -> Tensor:
        """Encode windows in dB [shape=(b, 84, 87)] to vectors [shape=(b, features)]."""
        return self.project(self.convolutions(self._scaled(windows_bfc)).flatten(1))

    def _scaled(self, windows_bfc: Tensor) -> Tensor:
        if self.standardise:
            return (windows_bfc - self.mean) / self.std
        return windows_bfc / -CQT_FLOOR_DB + 1  # silence is 0, what is loud is about 1


def broadcast(vector_bc: Tensor, like_bchw: Tensor) -> Tensor:
    """Repeat vectors (b, c) at every pixel of a map like (b, c', h, w) [shape=(b, c, h, w)]."""
    return vector_bc[:, :, None, None].expand(-1, -1, *like_bchw.shape[2:])


def resized(x_btkhw: Tensor, height: int, width: int) -> Tensor:
    """Resize maps (b, t, k, h, w), between pixels bilinearly [shape=(b, t, k, height, width)].

    A sequence's as the channels of one image: OpenVINO computes channels eight or sixteen at a time, and of
    two or three most would be padding.
    """
    together = F.interpolate(
        x_btkhw.flatten(1, 2), size=(height, width), mode="bilinear", align_corners=False
    )
    return together.unflatten(1, x_btkhw.shape[1:3])


def pixel_unshuffle_to_last(x_nkhw: Tensor, by: int) -> Tensor:
    """Apply `pixel_unshuffle` to (n, k, h, w), channels last [shape=(n, h / by, w / by, k * by * by)]."""
    blocks = x_nkhw.unflatten(3, (-1, by)).unflatten(2, (-1, by))  # (n, k, h, by, w, by)
    return blocks.permute(0, 2, 4, 1, 3, 5).flatten(3)


def pixel_shuffle_from_last(x_nhwk: Tensor, by: int) -> Tensor:
    """Apply `pixel_shuffle` to channels last, (n, h, w, k) [shape=(n, k / by / by, by * h, by * w)]."""
    blocks = x_nhwk.unflatten(3, (-1, by, by))  # (n, h, w, k, by, by)
    return blocks.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)


def flatten_time(sequence: Tensor) -> Tensor:
    """Make sequences (b, t, ...) one batch (b * t, ...), for what treats frames alone."""
    return sequence.flatten(0, 1)


def without_padding(sequence: Tensor, valid_bt: Tensor) -> Tensor:
    """Flatten sequences (b, t, ...) to their frames (n, ...), less those that only fill them up.

    Args:
        sequence: (b, t, ...).
        valid_bt: The frames that are a recording's, (b, t) bool.
    """
    frames = flatten_time(sequence)
    return frames if valid_bt.all() else frames[flatten_time(valid_bt).to(frames.device)]


def unflatten_time(frames: Tensor, batch: int) -> Tensor:
    """Undo `flatten_time`: (b * t, ...) becomes (b, t, ...)."""
    return frames.unflatten(0, (batch, -1))


def consecutive(sequence_btkhw: Tensor, count: int) -> Tensor:
    """List all runs of `count` consecutive frames of (b, t, k, h, w), one behind the other as channels.

    (b, t, k, h, w) becomes (b * (t - count + 1), count * k, h, w).
    """
    runs = sequence_btkhw.shape[1] - count + 1
    return flatten_time(torch.cat([sequence_btkhw[:, first : first + runs] for first in range(count)], 2))


def parameter_count(network: nn.Module) -> int:
    """Count the numbers that a network has learned."""
    return sum(parameter.numel() for parameter in network.parameters())


def image_to_tensor(frames: Tensor) -> Tensor:
    """Convert images (..., h, w, 3) uint8 to (..., 3, h, w) float in [0, 1]."""
    return frames.movedim(-1, -3).to(torch.float32) / 255


def tensor_to_image(frames: Tensor) -> Tensor:
    """Convert images (..., 3, h, w) in [0, 1] to (..., h, w, 3) uint8."""
    return (frames.clamp(0, 1) * 255).round().to(torch.uint8).movedim(-3, -1)
