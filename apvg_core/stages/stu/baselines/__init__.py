"""The video-to-video networks that Table III compares the STU with, written from their papers."""

from apvg_core.config import EBDNConfig, Vid2VidConfig
from apvg_core.stages.stu.baselines.baseline import Rival
from apvg_core.stages.stu.baselines.ebdn import EBDN
from apvg_core.stages.stu.baselines.vid2vid import Vid2Vid


def build_rival(config: EBDNConfig | Vid2VidConfig) -> Rival:
    """The network that the config is one of."""
    return EBDN(config) if isinstance(config, EBDNConfig) else Vid2Vid(config)
