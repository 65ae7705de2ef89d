"""Coarse video generation: the CVG of section III.B.

Axes: b batch, t frames, f CQT bins, c CQT columns, z noise, h and w the coarse image's.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from apvg_core.layers.blocks import (
    AudioEncoder,
    broadcast,
    conv_block,
    flatten_time,
    kaiming_init,
    unflatten_time,
)
from apvg_core.layers.lookahead import Lookahead
from apvg_core.layers.vgg import VGGStem
from apvg_core.layers.warp import warp
from apvg_core.stages.cvg.settings import CVGConfig
from apvg_core.stages.settings import lookahead_frames


class ImageEncoder(nn.Module):
    """Encoder of the first five convolutions of VGG-19 and two more; the image ends up at a sixteenth."""

    def __init__(self, config: CVGConfig) -> None:
        super().__init__()
        self.vgg = VGGStem(config.vgg_channels)
        width = config.image_features
        self.further = nn.Sequential(
            conv_block(config.vgg_channels[-1], width, stride=2), conv_block(width, width, stride=2)
        )

    def forward(self, frame_b3hw: Tensor) -> Tensor:
        """Encode images in [0, 1] (b, 3, h, w) to features (b, image_features, h/16, w/16)."""
        return self.further(self.vgg(frame_b3hw))


class ImageDecoder(nn.Module):
    """Decoder of features at a sixteenth to an image, by four doublings; and to a flow, if one is wanted.

    Args:
        inputs: Channels of the features.
        channels: Width after each doubling.
        flow: Also decode a flow.
    """

    def __init__(self, inputs: int, channels: tuple[int, int, int, int], *, flow: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in channels:
            layers += [nn.Upsample(scale_factor=2, mode="nearest"), conv_block(inputs, width)]
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.to_rgb = nn.Conv2d(inputs, 3, 3, padding=1)
        self.to_flow = nn.Conv2d(inputs, 2, 3, padding=1) if flow else None

    def reset(self) -> None:
        """Set what a network starts from that paints what differs from the reference: that nothing does."""
        nn.init.zeros_(self.to_rgb.weight)
        if self.to_flow is not None:
            nn.init.zeros_(self.to_flow.weight)

    def forward(self, features_bchw: Tensor) -> tuple[Tensor, Tensor | None]:
        """Decode to images of any values (b, 3, 16 h, 16 w), and flows in pixels (b, 2, 16 h, 16 w)."""
        features = self.layers(features_bchw)
        return self.to_rgb(features), None if self.to_flow is None else self.to_flow(features)


class AudioGrid(nn.Module):
    """Lays a vector out on a grid of cells, so that it can say where something is (ours).

    Args:
        features: Size of the vector, and of each cell.
        cells: Cells a side.
    """

    def __init__(self, features: int, cells: int) -> None:
        super().__init__()
        self.layout = nn.Linear(features, features * cells**2)
        self.cells = cells

    def forward(self, vector_bc: Tensor, like_bkhw: Tensor) -> Tensor:
        """Lay vectors (b, c) out over a map like (b, k, h, w) [shape=(b, c, h, w)]."""
        cells_bchw = self.layout(vector_bc).unflatten(1, (-1, self.cells, self.cells))
        height, width = like_bkhw.shape[2:]
        if height == width == 1:  # to which OpenVINO resizes otherwise than PyTorch
            return cells_bchw.mean((2, 3), keepdim=True)
        return F.interpolate(cells_bchw, size=(height, width), mode="bilinear", align_corners=False)


class Everywhere(nn.Module):
    """Gives every pixel the same vector, as the paper does."""

    def forward(self, vector_bc: Tensor, like_bkhw: Tensor) -> Tensor:
        """Repeat vectors (b, c) over a map like (b, k, h, w) [shape=(b, c, h, w)]."""
        return broadcast(vector_bc, like_bkhw)


class CVG(nn.Module):
    """Audio encoder + LSTM, image encoder on the network's own previous frame, z → image decoder.

    At generation it sees nothing but its own output, so it is trained on that as well (see
    `cvg/training.py`).

    With `lookahead_s` (ours) the LSTM also hears what follows; frames then come late.

    Args:
        config: The settings. `cvg_spec(config, size, fps)` is its interface.
        fps: Frames a second.
    """

    def __init__(self, config: CVGConfig, fps: float) -> None:
        super().__init__()
        self.config = config
        self.audio = AudioEncoder(config.audio)
        features = config.audio.features
        lookahead = lookahead_frames(config.lookahead_s, fps)
        self.lookahead = Lookahead(features, lookahead) if lookahead else None
        self.lstm = nn.LSTM(features * (2 if self.lookahead else 1), config.hidden, batch_first=True)
        # An LSTM's answers are small; as they are, image and noise would drown the music.
        self.audio_norm = nn.LayerNorm(config.hidden)
        self.image_encoder = ImageEncoder(config)
        self.audio_map: AudioGrid | Everywhere = (
            AudioGrid(config.hidden + config.noise, config.audio_grid) if config.audio_grid else Everywhere()
        )
        self.image_decoder = ImageDecoder(
            config.hidden + config.image_features + config.noise,
            config.decoder_channels,
            flow=config.warp,
        )
        kaiming_init(self)
        if config.reference:
            self.image_decoder.reset()  # training starts from the reference frame

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        state: tuple[Tensor, ...],
        real_bt3hw: Tensor | None = None,
        forced_bt: Tensor | None = None,
        heard_only: int = 0,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Go one block of t frames further.

        Args:
            inputs: `windows` (b, t, 84, 87) in dB; `noise` (b, noise), the random variable z; `reference`
                (b, 3, h, w) in [0, 1], which only a network looks at that paints what differs from it.
            state: `previous` (b, 3, h, w), the coarse frame before; `waiting` (b, lookahead, features) if the
                network looks ahead; `hidden` and `cell` (1, b, hidden).
            real_bt3hw: In training: the real frames in [0, 1], (b, t, 3, h, w).
            forced_bt: In training: where true, the next frame is made after the real frame instead of after
                the network's own (teacher forcing), (b, t).
            heard_only: In training: so many frames at the beginning are heard and not painted.

        Returns:
            The coarse frames (b, t, 3, h, w) in [0, 1] (only about so from a network that starts from the
            reference), and the next state. They are those of the frames the spec's `lookahead` before
            the windows'; the first ones, from before the beginning, are of no use.
        """
        windows_btfc, noise_bz, reference_b3hw = inputs["windows"], inputs["noise"], inputs["reference"]
        frame, *memory = state
        audio_btc, memory = self._listen(windows_btfc, memory)
        frames = []
        for t, audio_bc in enumerate(audio_btc[:, heard_only:].unbind(1)):
            image = self.image_encoder(frame)
            sound = self.audio_map(torch.cat([audio_bc, noise_bz], 1), image)
            decoded, flow = self.image_decoder(torch.cat([image, sound], 1))
            if self.config.reference:
                still = reference_b3hw if flow is None else warp(reference_b3hw, flow[:, :, None])[:, :, 0]
                # A mask that chooses between both would close over the reference before anything is learned.
                frame = still + torch.tanh(decoded).to(reference_b3hw.dtype)
            else:
                frame = torch.sigmoid(decoded)
            frames.append(frame)
            if real_bt3hw is not None and forced_bt is not None:
                frame = torch.where(forced_bt[:, t, None, None, None], real_bt3hw[:, t], frame)
        return torch.stack(frames, 1), (frame, *memory)

    def _listen(self, windows_btfc: Tensor, memory: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Hear windows (b, t, 84, 87); returns normalised answers (b, t, hidden), and the next memory."""
        audio = unflatten_time(self.audio(flatten_time(windows_btfc)), len(windows_btfc))
        *waiting, hidden, cell = memory
        if self.lookahead is not None:
            audio, *waiting = self.lookahead.hear(audio, *waiting)
        answers, (hidden, cell) = self.lstm(audio, (hidden, cell))
        return self.audio_norm(answers), [*waiting, hidden, cell]
