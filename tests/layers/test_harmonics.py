"""Maps in which every bin is seen beside its harmonics."""

import pytest
import torch

from apvg_core.layers.harmonics import SHIFTS, Harmonics


@pytest.fixture
def harmonics() -> Harmonics:
    torch.manual_seed(0)
    return Harmonics(2)


def test_a_bin_is_seen_beside_its_harmonics_and_what_lies_outside_is_nothing(harmonics: Harmonics) -> None:
    windows = torch.randn(1, 84, 87)
    seen = []
    harmonics.stacked.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    harmonics(windows)
    (stack,) = seen
    assert stack.shape == (1, len(SHIFTS), 84, 87)
    for bin_ in (0, 11, 40, 60, 83):
        for k, shift in enumerate((-12, 0, 12, 19, 24, 28, 31)):  # 2, 3, 4, 5 and 6 times the frequency
            there = 0 <= bin_ + shift < 84
            expected = windows[0, bin_ + shift] if there else torch.zeros(87)
            assert torch.equal(stack[0, k, bin_], expected)


def test_what_is_learned_of_one_pitch_holds_for_all(harmonics: Harmonics) -> None:
    windows = torch.zeros(1, 84, 87)
    windows[:, 40:50] = torch.randn(10, 87)
    low, high = (harmonics(each).view(2, 84, 22) for each in (windows, windows.roll(5, 1)))
    assert low.std() > 0
    torch.testing.assert_close(high[:, 10:], low[:, 5:-5], rtol=0, atol=1e-6)
