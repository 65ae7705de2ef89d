"""Straight things that a player holds, such as a bow: where they are follows from the keypoints."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

from apvg_core.layers.blocks import flatten_time
from apvg_core.skeleton import BODY_JOINTS, LEFT_HAND, NUM_JOINTS, RIGHT_HAND

HIDDEN: Final = 128
WIDTHS: Final = (0.01, 0.05)
"""Deviations of the Gaussians across a line, in widths of the image."""

GOALS: Final = 4
LINES: Final = 2 * GOALS
MAPS: Final = LINES * (2 + len(WIDTHS))


class PoseLines(nn.Module):
    """At each pixel, how far it is beside and along lines that begin in the hands.

    Convolutions look around themselves: half an image away from a hand they do not see how it holds a bow. A
    line reaches as far as it has to. Before anything is learned, one leads from each hand to the other, to
    the nose, to the neck, and to the middle of the image; by how much both of its ends are off is learned.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Sequential(nn.Linear(2 * NUM_JOINTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 4 * LINES))

    def reset(self) -> None:
        """Let the lines be where the keypoints say: what training starts from."""
        last = self.shift[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)

    def forward(self, inputs: Mapping[str, Tensor], like_nhwk: Tensor) -> list[Tensor]:
        """The maps of a block of frames.

        Args:
            inputs: `keypoints` in [0, 1], (b, t, 60, 2).
            like_nhwk: Maps whose size and type they take, (n, h, w, k).

        Returns:
            One tensor (n, h, w, 32); see `maps`.
        """
        return [self.maps(flatten_time(inputs["keypoints"]), *like_nhwk.shape[1:3]).to(like_nhwk.dtype)]

    def maps(self, keypoints_np2: Tensor, height: int, width: int) -> Tensor:
        """The maps.

        Args:
            keypoints_np2: Keypoints in [0, 1], (n, 60, 2).
            height: Rows of the maps.
            width: Columns of the maps.

        Returns:
            (n, height, width, 32): how far along each line a pixel is from its hand, and how far beside it,
            in widths of the image; then how much it is on the line, in [0, 1], for each of two widths.
        """
        with torch.autocast(keypoints_np2.device.type, enabled=False):  # bfloat16 would round the places
            shifts_nl2 = self.shift((keypoints_np2.float() - 0.5).flatten(1)).unflatten(1, (2 * LINES, 2))
        first_nl2, last_nl2 = (_ends(keypoints_np2.float()) + shifts_nl2 - 0.5).chunk(2, 1)
        way_nl2 = last_nl2 - first_nl2
        way_nl2 = way_nl2 / way_nl2.square().sum(2, keepdim=True).add(1e-6).sqrt()
        side_nl2 = torch.stack([-way_nl2[..., 1], way_nl2[..., 0]], 2)
        x, y = ((torch.arange(n, device=way_nl2.device) + 0.5) / n - 0.5 for n in (width, height))

        def distances(*ways_nl2: Tensor) -> Tensor:
            """Compute pixels' distances from the lines' beginnings along some ways (n, height, width, …)."""
            start = torch.cat([(way_nl2 * first_nl2).sum(2) for way_nl2 in ways_nl2], 1)
            x_nl, y_nl = torch.cat(ways_nl2, 1)[:, None, None].unbind(4)
            return x_nl * x[:, None] + y_nl * y[:, None, None] - start[:, None, None]

        # two large pieces: many small ones take OpenVINO long to put together
        positions = distances(way_nl2, side_nl2)
        near = distances(*(side_nl2 / w for w in WIDTHS))
        return torch.cat([positions, torch.exp(-0.5 * near.square())], 3)


def _ends(keypoints_np2: Tensor) -> Tensor:
    """Read where the lines begin, and then where they lead to [shape=(n, 16, 2)]."""
    right, left = (keypoints_np2[:, joints].mean(1) for joints in (RIGHT_HAND, LEFT_HAND))
    body = [keypoints_np2[:, BODY_JOINTS.index(name)] for name in ("nose", "neck")]
    goals = [*body, torch.full_like(right, 0.5)]
    return torch.stack([*[right] * GOALS, *[left] * GOALS, left, *goals, right, *goals], 1)


class NoLines(nn.Module):
    """No maps."""

    def reset(self) -> None:
        """Do nothing: there is nothing to learn."""

    def forward(self, _inputs: Mapping[str, Tensor], _like_nhwk: Tensor) -> list[Tensor]:
        """Return no tensors, whatever the feature map (n, h, w, k)."""
        return []
