"""Data of the last stage's training, whatever its network: batches, predictions, held-out sequences."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from apvg_core.data.conditions import mean_frames
from apvg_core.data.windows import Batch
from apvg_core.drawing.validation import compare_frames
from apvg_core.layers.blocks import image_to_tensor
from apvg_core.layers.dlt import heatmaps
from apvg_core.progress import Progress
from apvg_core.runtime.load import load_networks
from apvg_core.stages.networks import initial_state
from apvg_core.stages.specs import stage_spec
from apvg_core.stages.stu.inputs import Known, make_inputs
from apvg_core.training.draws import bernoulli_mask, sample_generators
from apvg_core.training.losses import weighted_sum
from apvg_core.training.predictions import Predictions
from apvg_core.training.sequences import held_out_sampler, training_sampler
from apvg_core.training.setup import TrainingSetup
from apvg_core.training.validation import Validation

HELD_OUT: Final = {"sequences": 8, "length": 8}


class FinalStageData:
    """Real frames, and what the frozen KHP and CVG predict for them.

    Args:
        setup: The training.
        least: Frames of the shortest recording that can be learned from.
        on_progress: Called while KHP and CVG predict.

    Attributes:
        sampler: Draws the batches.
        held_out: The sequences that are validated on.

    Raises:
        ApvgError: KHP or CVG is missing, or the shards do not fit.
    """

    def __init__(self, setup: TrainingSetup, *, least: int = 2, on_progress: Progress) -> None:
        self._setup = setup
        networks = load_networks(
            setup.run, device=str(setup.device), runtime="torch", stages=setup.info.recipe.stages[:-1]
        )
        self.sampler = training_sampler(setup, length=setup.training.sequence, frames=True, least=least)
        everything = range(len(setup.entries))
        self._predictions = Predictions(
            setup, networks, self.sampler, setup.entries, everything, on_progress=on_progress
        )
        sampler = held_out_sampler(setup, frames=True, **HELD_OUT)
        self.held_out = sampler.draw(0)
        needed = set(self.held_out.shard.tolist())
        self._held_out_predictions = Predictions(
            setup, networks, sampler, setup.held_out, needed, on_progress=on_progress
        )
        self._spec = stage_spec(setup.info.recipe, "stu", setup.info.size, setup.info.fps)
        conditions = setup.conditions
        self._reference = image_to_tensor(torch.from_numpy(conditions.reference)).to(setup.device)
        self._reference_keypoints = torch.from_numpy(conditions.reference_keypoints).to(setup.device)
        self._plate = None
        if "plate" in self._spec.names:
            self._plate = image_to_tensor(torch.from_numpy(conditions.plates())).to(setup.device)

    def predictions(self, batch: Batch) -> tuple[Tensor | None, Tensor | None]:
        """Read what KHP and CVG predict for a batch: of the sampler's, or the held-out one.

        Returns:
            Coarse frames (b, t, 3, h', w') in [0, 1], and keypoints (b, t, 60, 2), each None where the recipe
            does without.
        """
        return (self._held_out_predictions if batch is self.held_out else self._predictions).read(batch)

    def training_inputs(self, step: int, batch: Batch) -> tuple[dict[str, Tensor], tuple[Tensor, ...]]:
        """Make the `inputs` of a training's batch; some sequences have the footage's own keypoints.

        Args:
            step: Number of the step, from 0.
            batch: The sampler's.
        """
        coarse, keypoints = self.predictions(batch)
        if keypoints is not None:
            generators = sample_generators(self._setup.seed, step, batch.sample)
            true = bernoulli_mask(1, self._setup.info.recipe.stu.ground_truth_keypoints, generators)
            keypoints = torch.where(true[..., None, None], batch.keypoints, keypoints)
        return self.inputs(batch, coarse, keypoints)

    def inputs(
        self, batch: Batch, coarse_bt3hw: Tensor | None, keypoints_btp2: Tensor | None
    ) -> tuple[dict[str, Tensor], tuple[Tensor, ...]]:
        """Make the inputs of the last stage's network, and its state before the first frame.

        Args:
            batch: The sampler's, or the held-out one.
            coarse_bt3hw: Coarse frames in [0, 1], (b, t, 3, h', w'), or None.
            keypoints_btp2: Keypoints in [0, 1], (b, t, 60, 2), or None.

        Returns:
            Inputs by name and parts of the state, in the shapes of the spec.
        """
        device, performer = self._setup.device, batch.performer
        known = Known(
            windows=batch.windows.to(device),
            keypoints=None if keypoints_btp2 is None else keypoints_btp2.to(device),
            coarse=None if coarse_bt3hw is None else coarse_bt3hw.to(device),
            reference=self._reference[performer],
            plate=None if self._plate is None else self._plate[performer],
            reference_keypoints=self._reference_keypoints[performer],
            heatmaps=lambda keypoints, size: heatmaps(keypoints, size, size),
        )
        inputs = make_inputs(self._spec, known)
        return inputs, initial_state(self._spec, inputs, batch=len(performer), device=device)

    def real(self, batch: Batch) -> Tensor:
        """Convert the real frames of a batch to (b, t, 3, h, w) in [0, 1], on the training's device."""
        assert batch.frames is not None
        return image_to_tensor(batch.frames).to(self._setup.device)

    def mean_frames(self) -> Tensor:
        """Compute the performer's mean frame for every held-out frame, (b, t, 3, h, w) in [0, 1]."""
        setup = self._setup
        means = torch.from_numpy(mean_frames(setup.shards, setup.entries, setup.info.performers))
        own = image_to_tensor(means[self.held_out.performer]).to(setup.device)
        return own[:, None].expand(-1, self.held_out.keypoints.shape[1], -1, -1, -1)

    def validation(
        self,
        losses: Mapping[str, Tensor],
        weights: Mapping[str, float],
        generated_n3hw: Tensor,
        more: Mapping[str, float] | None = None,
    ) -> Validation:
        """Sum up a validation.

        Args:
            losses: The losses by name, scalars.
            weights: Weights of these losses; further ones are not used.
            generated_n3hw: Frames of the held-out sequences, one after the other and without padding, in
                [0, 1], (n, 3, h, w).
            more: What else was measured.
        """
        coarse, keypoints = self.predictions(self.held_out)
        real, count = self.real(self.held_out), int(self.held_out.valid[0].sum())
        return Validation(
            loss=total(losses, weights),
            losses={**{name: float(loss) for name, loss in losses.items()}, **(more or {})},
            image=compare_frames(  # of the first sequence
                _array(real[0, :count]),
                None if keypoints is None else _array(keypoints[0, :count]),
                None if coarse is None else _array(coarse[0, :count]),
                _array(generated_n3hw[:count]),
            ),
        )


def _array(tensor: Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = tensor.float().cpu().numpy()
    return array


def total(losses: Mapping[str, Tensor], weights: Mapping[str, float]) -> float:
    """Compute the weighted sum of those losses that there are, scalars; the adversarial ones are left out."""
    return float(weighted_sum(losses, {name: weights[name] for name in losses}))
