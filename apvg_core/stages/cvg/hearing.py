"""CVG's hearing: its audio encoder, its lookahead and its LSTM, which may be KHP's."""

from torch import Tensor, nn

from apvg_core.stages.cvg.network import CVG
from apvg_core.stages.khp.network import KHP


def hear_as(cvg: CVG, khp: KHP, average_kp2: Tensor) -> None:
    """Give CVG the hearing of a KHP, so that its LSTM's states are KHP's.

    KHP's LSTM sees the performer's average keypoints beside the sound, and CVG's does not; for one performer
    they are the same at every frame, a part of the bias. For several it is their mean.

    Args:
        cvg: Changed.
        khp: Of the same sizes.
        average_kp2: Average keypoints of the k performers, (k, 60, 2).
    """
    cvg.audio.load_state_dict(khp.motion.state_dict())
    if cvg.lookahead is not None and khp.lookahead is not None:
        cvg.lookahead.load_state_dict(khp.lookahead.state_dict())
    weights = khp.lstm.state_dict()
    sound, average = weights["weight_ih_l0"].tensor_split([cvg.lstm.input_size], 1)
    weights["weight_ih_l0"] = sound
    if average.shape[1]:
        weights["bias_ih_l0"] = weights["bias_ih_l0"] + average @ average_kp2.mean(0).flatten()
    cvg.lstm.load_state_dict(weights)


def freeze_hearing(cvg: CVG) -> None:
    """Let training leave CVG's hearing as it is."""
    hearing: list[nn.Module | None] = [cvg.audio, cvg.lookahead, cvg.lstm]
    for part in hearing:
        if part is not None:
            part.requires_grad_(False)
