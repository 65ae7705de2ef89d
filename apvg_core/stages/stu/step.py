"""A step of the STU's training: the generator down Eqs. 5 and 7, then the discriminator down Eq. 6."""

from collections.abc import Mapping

import torch
from torch import Tensor

from apvg_core.data.pairs import Pairs
from apvg_core.layers.blocks import image_to_tensor, without_padding
from apvg_core.runtime.devices import autocast, to_device
from apvg_core.stages.losses import pixel_loss, squared_loss
from apvg_core.stages.stu.compositor import Window
from apvg_core.stages.stu.discriminator import Discriminator
from apvg_core.stages.stu.losses import (
    discriminator_loss,
    generator_loss,
    pairing_loss,
    pairs_told,
    perceptual_loss,
)
from apvg_core.stages.stu.network import STU
from apvg_core.stages.stu.settings import STUConfig
from apvg_core.training.adversarial import Adversary
from apvg_core.training.draws import step_generator
from apvg_core.training.losses import weighted_sum
from apvg_core.training.perception import Perception
from apvg_core.training.stage_training import TakeOptimizerStep


class STUStep:
    """The networks and optimisers of a training of the STU, and its losses.

    Args:
        config: The settings.
        perceive: ψ of Eq. 7.
        device: Device of the networks.
        precision: Arithmetic of the forward passes.

    Attributes:
        network: The generator.
        discriminator: The discriminator.
        adversary: Its training.
        optimiser: The generator's.
        weights: Weight of each loss.
    """

    def __init__(
        self, config: STUConfig, perceive: Perception, *, device: torch.device, precision: torch.dtype
    ) -> None:
        self._perceive, self._device, self._precision = perceive, device, precision
        self.network = to_device(STU(config), device)
        self.discriminator = to_device(Discriminator(config.discriminator), device)
        self.adversary = Adversary(self.discriminator, lr=config.training.lr)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=config.training.lr)
        self.weights: Mapping[str, float] = {
            "pixel": config.weight_pixel,
            "squared": config.weight_squared,
            "perceptual": config.weight_perceptual,
            "adversarial": config.weight_adversarial,
        }

    def take(
        self,
        inputs: Mapping[str, Tensor],
        state: tuple[Tensor, ...],
        real_n3hw: Tensor,
        valid_bt: Tensor,
        pairs: Pairs,
        optimizer_step: TakeOptimizerStep,
        window: Window | None = None,
    ) -> dict[str, Tensor]:
        """Take a step of both networks.

        Args:
            inputs: The STU's, of b sequences of t frames.
            state: The STU's, before the first frame.
            real_n3hw: The real frames in [0, 1], one sequence after the other, (n, 3, h, w).
            valid_bt: Which of the b * t frames these are; the rest is padding, and left out, (b, t) bool.
            pairs: Real frames and their sounds, from which the discriminator learns what belongs together.
            optimizer_step: Takes the optimiser's step.
            window: The part of the frames that is composed at full size and compared; the discriminator sees
                all of them, as large as the UNet does. None: all at full size.

        Returns:
            The losses by name, scalars.
        """
        sound = without_padding(inputs["windows"], valid_bt)
        with autocast(self._device, self._precision):
            compared, generated = (
                without_padding(frames, valid_bt) for frames in self._generate(inputs, state, window)
            )
            with self.adversary.frozen():
                realism, seen = self.discriminator(generated)
                pairing = self.discriminator.paired(seen, self.discriminator.hear(sound))
            losses = {
                **self.compare(compared, real_n3hw if window is None else window.cut(real_n3hw)),
                "adversarial": generator_loss(realism.float(), pairing.float()),
            }
        optimizer_step(weighted_sum(losses, self.weights), self.network, self.optimiser)

        with autocast(self._device, self._precision):
            real, fake = (self.discriminator(each)[0] for each in (real_n3hw, generated.detach()))
        losses["discriminator"] = discriminator_loss(real.float(), fake.float())
        losses["pairing"] = pairing_loss(*self._pairing(pairs))
        self.adversary.take_step(losses["discriminator"] + losses["pairing"], optimizer_step)
        return losses

    def _generate(
        self, inputs: Mapping[str, Tensor], state: tuple[Tensor, ...], window: Window | None
    ) -> tuple[Tensor, Tensor]:
        """Generate what is compared with the real frames, and what the discriminator is shown."""
        if window is None:
            frames, _ = self.network(inputs, state)
            return frames, frames
        seen = self.network.seen(inputs)
        maps, flow, _ = self.network.unet(seen, state)
        compose = self.network.compositor
        return compose(maps, flow, {**inputs, "coarse": seen["coarse"]}, window), compose(maps, flow, seen)

    def pairs_told(self, pairs: Pairs) -> float:
        """Compute the share of pairs and of others that the discriminator tells as such."""
        return pairs_told(*self._pairing(pairs))

    def _pairing(self, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """Logits of pairing of every frame (row) with every sound (column), and which of them are apart."""
        frames = image_to_tensor(pairs.frames.to(self._device))
        with autocast(self._device, self._precision):
            seen = self.discriminator(frames)[1]
            heard = self.discriminator.hear(pairs.windows.to(self._device))
        return self.discriminator.paired(seen[:, None], heard), pairs.apart.to(self._device)

    def compare(self, generated_n3hw: Tensor, real_n3hw: Tensor) -> dict[str, Tensor]:
        """The losses of generated frames beside real ones, both (n, 3, h, w), without the adversarial one."""
        return {
            "pixel": pixel_loss(generated_n3hw.float(), real_n3hw),
            "squared": squared_loss(generated_n3hw.float(), real_n3hw),
            "perceptual": perceptual_loss(self._perceive(generated_n3hw), self._perceive(real_n3hw)),
        }


def draw_window(size: int, config: STUConfig, seed: int, step: int) -> Window | None:
    """Draw the part of a step's frames that is compared: a square of as many pixels as the UNet sees.

    So a step at any size costs about as much as one at the UNet's.

    Args:
        size: Edge of the frames.
        config: The settings.
        seed: The training's.
        step: Number of the step.

    Returns:
        A window whose place comes out even in the UNet's maps; None where these see the frames as they are.
    """
    by = config.shrinking(size)
    if by == 1:
        return None
    edge = size // by
    top, left = by * torch.randint((size - edge) // by + 1, (2,), generator=step_generator(seed, step))
    return Window(int(top), int(left), edge)
