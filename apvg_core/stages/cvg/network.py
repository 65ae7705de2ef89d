"""Coarse video generation: the CVG of section III.B.

Axes: b batch, t frames, f CQT bins, c CQT columns, z noise, h and w the coarse image's.
"""

import torch
from torch import Tensor, nn

from apvg_core.config import CVGConfig
from apvg_core.layers.blocks import (
    AudioEncoder,
    broadcast,
    conv_block,
    flatten_time,
    kaiming_init,
    unflatten_time,
)
from apvg_core.layers.vgg import VGGStem

CVGState = tuple[Tensor, Tensor, Tensor]
"""The previous coarse frame (b, 3, h, w) and the LSTM's states (1, b, hidden)."""


class ImageEncoder(nn.Module):
    """The first five convolutions of VGG-19 and two more; the image ends up at a sixteenth."""

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
    """Features at a sixteenth back to an image, by four doublings."""

    def __init__(self, inputs: int, channels: tuple[int, int, int, int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in channels:
            layers += [nn.Upsample(scale_factor=2, mode="nearest"), conv_block(inputs, width)]
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.paint = nn.Conv2d(inputs, 3, 3, padding=1)

    def forward(self, features_bchw: Tensor) -> Tensor:
        """Decode to images of any values (b, 3, 16 h, 16 w)."""
        return self.paint(self.layers(features_bchw))


class CVG(nn.Module):
    """Audio encoder + LSTM, image encoder on the network's own previous frame, z → image decoder.

    At generation it sees nothing but its own output, so it is trained on that as well (see
    `training/cvg.py`).
    """

    def __init__(self, config: CVGConfig) -> None:
        super().__init__()
        self.config = config
        self.audio = AudioEncoder(config.audio)
        self.lstm = nn.LSTM(config.audio.features, config.hidden, batch_first=True)
        # An LSTM's answers are small; as they are, image and noise would drown the music.
        self.loud = nn.LayerNorm(config.hidden)
        self.image_encoder = ImageEncoder(config)
        self.image_decoder = ImageDecoder(
            config.hidden + config.image_features + config.noise,
            config.decoder_channels,
        )
        kaiming_init(self)
        if config.reference:
            nn.init.zeros_(self.image_decoder.paint.weight)  # training starts from the reference frame

    def initial_state(self, frame_b3hw: Tensor) -> CVGState:
        """The state before the first frame: the frame to start from, at generation the reference."""
        zeros = frame_b3hw.new_zeros(1, len(frame_b3hw), self.config.hidden)
        return frame_b3hw, zeros, zeros

    def forward(
        self,
        windows_btfc: Tensor,
        noise_bz: Tensor,
        reference_b3hw: Tensor,
        state: CVGState,
        real_bt3hw: Tensor | None = None,
        shown_bt: Tensor | None = None,
    ) -> tuple[Tensor, CVGState]:
        """One step over t frames.

        Args:
            windows_btfc: CQT windows in dB, (b, t, 84, 87).
            noise_bz: The random variable z, one for a whole video, (b, noise).
            reference_b3hw: The performers' reference frames; only a network that starts from them looks.
            state: From `initial_state` or the step before.
            real_bt3hw: In training: the real frames.
            shown_bt: In training: where true, the next frame is made after the real frame instead of after
                the network's own (teacher forcing).

        Returns:
            The coarse frames (b, t, 3, h, w) in [0, 1] (only about so from a network that starts from the
            reference), and the next state.
        """
        frame, hidden, cell = state
        audio = unflatten_time(self.audio(flatten_time(windows_btfc)), len(windows_btfc))
        audio_btc, (hidden, cell) = self.lstm(audio, (hidden, cell))
        audio_btc = self.loud(audio_btc)
        frames = []
        for t in range(windows_btfc.shape[1]):
            image = self.image_encoder(frame)
            vector = torch.cat([audio_btc[:, t], noise_bz], 1)
            painted = self.image_decoder(torch.cat([image, broadcast(vector, image)], 1))
            if self.config.reference:
                # A mask that chooses between both would close over the reference before anything is learned.
                frame = reference_b3hw + torch.tanh(painted).to(reference_b3hw.dtype)
            else:
                frame = torch.sigmoid(painted)
            frames.append(frame)
            if real_bt3hw is not None and shown_bt is not None:
                frame = torch.where(shown_bt[:, t, None, None, None], real_bt3hw[:, t], frame)
        return torch.stack(frames, 1), (frame, hidden, cell)
