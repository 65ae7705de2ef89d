"""Settings of keypoint and heatmap prediction."""

from dataclasses import dataclass, field

from apvg_core.config_json import JsonConfig
from apvg_core.stages.settings import (
    AudioEncoderConfig,
    TrainingConfig,
    require,
    require_lookahead,
    require_positive,
    require_weights,
)


@dataclass(frozen=True, kw_only=True)
class KHPConfig(JsonConfig):
    """Keypoint and heatmap prediction (section III.A).

    Attributes:
        audio: The motion encoder.
        hidden: Size of the LSTM's state.
        layers: LSTM layers.
        average_condition: Tell the network the performer's average keypoints.
        residual: Predict the displacement from the average instead of the position (ours).
        lookahead_s: How many seconds of what follows the LSTM hears (ours; 0: the paper); see
            `lookahead_frames`.
        dropout: Share of the LSTM's outputs that each training sequence must do without (ours; 0: the paper).
        mask: Share of bands and moments that each training sequence must do without (ours; 0: the paper); see
            `training.masking`.
        heatmap_size: Edge of the map of Eq. 3; a coarser one pulls from further away.
        weight_coordinates: Weight of Eq. 2.
        weight_heatmap: Weight of Eq. 3.
    """

    training: TrainingConfig
    audio: AudioEncoderConfig = field(default_factory=AudioEncoderConfig)
    hidden: int = 256
    layers: int = 1
    average_condition: bool = True
    residual: bool = False
    lookahead_s: float = 0.0
    dropout: float = 0.0
    mask: float = 0.0
    heatmap_size: int = 64
    weight_coordinates: float = 1.0
    weight_heatmap: float = 0.01

    def __post_init__(self) -> None:
        require_lookahead("khp", self.lookahead_s)
        require(0 <= self.dropout < 1, "khp.dropout must be in [0, 1).")
        require(0 <= self.mask < 1, "khp.mask must be in [0, 1).")
        require_positive(self, "hidden", "heatmap_size")
        require_positive(self, "layers", most=16)
        require_weights(self, "weight_coordinates", "weight_heatmap")
