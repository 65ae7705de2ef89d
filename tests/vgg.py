"""Files of a VGG-19 whose weights were drawn."""

from pathlib import Path

import torch
from safetensors.torch import save_file


def write_vgg(path: Path, widths=(64, 64, 128, 128, 256), metadata=None) -> Path:
    """Write conv1_1 to conv3_1 as safetensors."""
    names = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")
    tensors = {}
    for name, a, b in zip(names, (3, *widths), widths, strict=False):
        tensors[f"{name}.weight"] = torch.randn(b, a, 3, 3) * 0.1
        tensors[f"{name}.bias"] = torch.zeros(b)
    save_file(tensors, path, metadata)
    return path
