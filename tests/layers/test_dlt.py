import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from apvg_core.layers.dlt import gather, heatmap, splat


def literal(keypoints: np.ndarray, height: int, width: int, alpha: float = 1.0) -> np.ndarray:
    """Eq. 1, sum by sum."""
    result = np.zeros((height, width))
    for x, y in keypoints * (width, height) - 0.5:
        for j in range(height):
            for i in range(width):
                result[j, i] += alpha * max(0, 1 - abs(i - x)) * max(0, 1 - abs(j - y))
    return result


def test_a_joint_in_the_middle_of_four_pixels_by_hand() -> None:
    # The corner between pixels (0, 0) and (1, 1) of a 2 x 2 map: a quarter each.
    assert torch.equal(heatmap(torch.tensor([[[0.5, 0.5]]]), 2, 2), torch.full((1, 1, 2, 2), 0.25))
    # The centre of pixel x = 1, y = 0.
    centre = heatmap(torch.tensor([[[0.75, 0.25]]]), 2, 2, alpha=3.0)
    assert torch.equal(centre[0, 0], torch.tensor([[0.0, 3.0], [0.0, 0.0]]))


@given(seed=st.integers(0, 10_000), height=st.integers(2, 9), width=st.integers(2, 9))
def test_equals_the_literal_sums_even_outside_of_the_map(seed: int, height: int, width: int) -> None:
    keypoints = np.random.default_rng(seed).uniform(-0.5, 1.5, (7, 2))
    ours = heatmap(torch.from_numpy(keypoints)[None], height, width, alpha=0.7)[0, 0]
    np.testing.assert_allclose(ours.numpy(), literal(keypoints, height, width, 0.7), atol=1e-12)


def test_gradient_away_from_the_kinks() -> None:
    keypoints = torch.tensor([[[0.31, 0.42], [0.77, 0.63]]], dtype=torch.float64, requires_grad=True)
    weights = torch.randn(1, 1, 5, 6, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda k: (heatmap(k, 5, 6) * weights).sum(), keypoints)


def test_invisible_joints_leave_no_mark() -> None:
    keypoints = torch.full((1, 2, 2), 0.4)
    visible = torch.tensor([[True, False]])
    assert heatmap(keypoints, 8, 8, visible_bp=visible).sum() == pytest.approx(1.0)


def test_what_is_not_a_number_stays_so() -> None:
    """It must come out at the loss, which stops the training, not end in a place outside of the map."""
    keypoints = torch.tensor([[[float("nan"), 0.5], [0.5, 0.5]]])
    assert heatmap(keypoints, 4, 4).isnan().any()
    assert gather(torch.ones(1, 1, 4, 4), keypoints).isnan().any()


def test_splat_and_gather_are_each_others_transpose() -> None:
    keypoints = torch.rand(2, 5, 2, dtype=torch.float64)
    values = torch.randn(2, 5, 3, dtype=torch.float64)
    features = torch.randn(2, 3, 6, 7, dtype=torch.float64)
    there = (splat(keypoints, 6, 7, values) * features).sum()
    back = (values * gather(features, keypoints)).sum()
    torch.testing.assert_close(there, back)


def test_gather_reads_between_pixels() -> None:
    ramp = torch.arange(4.0)[None, None, None].expand(1, 1, 4, 4)
    assert gather(ramp, torch.tensor([[[0.5, 0.5]]])).item() == pytest.approx(1.5)
