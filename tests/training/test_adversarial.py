"""A discriminator beside the network that scores its frames."""

import torch

from apvg_core.training.adversarial import Adversary


def test_while_frozen_it_passes_gradients_on_and_takes_none() -> None:
    discriminator = torch.nn.Linear(2, 1)
    adversary = Adversary(discriminator, lr=0.1)
    generated = torch.ones(1, 2, requires_grad=True)
    with adversary.frozen() as frozen:
        loss = frozen(generated).sum()
    loss.backward()
    assert torch.equal(generated.grad, discriminator.weight)
    assert discriminator.weight.grad is None

    def step(loss: torch.Tensor, network: torch.nn.Module, optimiser: torch.optim.Optimizer) -> None:
        assert network is discriminator
        loss.backward()
        optimiser.step()

    before = discriminator.bias.detach().clone()
    adversary.take_step(discriminator(generated.detach()).sum(), step)
    torch.testing.assert_close(discriminator.bias, before - 0.1)  # Adam's first step is the learning rate
    assert adversary.networks.keys() == {"discriminator"}
    assert adversary.optimisers.keys() == {"discriminator_optimiser"}
