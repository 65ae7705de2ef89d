"""Principal components of keypoints."""

import numpy as np
import pytest

from apvg_core.report.principal_component import principal_component


def test_the_principal_component_by_hand() -> None:
    """Two joints move together along (3, 4) / 5, by -2, -1, 0, 1, 2; a third is never seen."""
    steps = np.array([-2, -1, 0, 1, 2, 9], np.float32)
    keypoints = np.full((6, 60, 2), 0.5, np.float32)
    keypoints[:, 0:2] += 0.05 * np.multiply.outer(steps, np.array([0.6, 0.8], np.float32))[:, None]
    visible = np.zeros((6, 60), bool)
    visible[:, 0:2] = True
    visible[5, 1] = False  # the last frame is a wrong guess
    keypoints[:, 2] = 7
    component = principal_component(keypoints, visible, slice(0, 18))
    assert component is not None
    assert component.joints.tolist() == [0, 1]
    assert component.share == pytest.approx(1)
    np.testing.assert_allclose(component.axis, np.array([0.6, 0.8, 0.6, 0.8]) / np.sqrt(2), atol=1e-6)
    expected = 0.05 * np.sqrt(2) * steps
    np.testing.assert_allclose(component.project_truth(keypoints), [*expected[:5], np.nan], atol=1e-6)
    moved = keypoints + np.array([0.6, 0.8], np.float32) * 0.1
    np.testing.assert_allclose(component.project(moved), expected + 0.1 * np.sqrt(2), atol=1e-6)
    assert principal_component(keypoints, visible, slice(18, 39)) is None
