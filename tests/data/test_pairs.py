import torch

from apvg_core.data.pairs import as_pairs
from apvg_core.data.windows import Batch


def test_moments_are_apart_by_half_a_second_or_in_another_recording_of_the_performer() -> None:
    # frames 0, 4 and 5 of one recording, 0 of another of the same performer, and 0 of somebody else's
    count = 5
    batch = Batch(
        windows=torch.arange(float(count))[:, None, None, None].expand(-1, 1, 84, 87),
        keypoints=torch.zeros(count, 1, 60, 2),
        visible=torch.ones(count, 1, 60, dtype=torch.bool),
        valid=torch.ones(count, 1, dtype=torch.bool),
        frames=torch.arange(count, dtype=torch.uint8)[:, None, None, None, None].expand(-1, 1, 8, 8, 3),
        performer=torch.tensor([0, 0, 0, 0, 1]),
        shard=torch.tensor([0, 0, 0, 1, 2]),
        start=torch.tensor([0, 4, 5, 0, 0]),
        sample=torch.arange(count),
    )
    pairs = as_pairs(batch, fps=10)
    assert pairs.frames.shape == (count, 8, 8, 3)
    assert pairs.windows[:, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert pairs.apart.int().tolist() == [
        [0, 0, 1, 1, 0],
        [0, 0, 0, 1, 0],
        [1, 0, 0, 1, 0],
        [1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0],
    ]
