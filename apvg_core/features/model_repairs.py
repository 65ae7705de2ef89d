"""What MediaPipe 1.2's tasks need changed in the models of 0.10: these were made for the solutions.

A model is a flatbuffer, which MediaPipe's own schemas read and write.
"""

import math
from typing import Any, Final

import numpy as np

_TURN: Final = math.pi / 2 - 90
"""Radians by which the hand landmarker turns each palm too far: it takes 90 degrees for 90 radians."""

_PALM_POINTS: Final = 9
"""Pairs of numbers by which the palm detector describes a palm: centre, size, then seven keypoints."""

_WRIST: Final = 2
_MIDDLE_FINGER: Final = 4
"""Pairs from which, to which the palm's direction is taken."""


def with_input_range(model: bytes, *, mean: float, std: float) -> bytes:
    """Returns a model that says what it takes: (pixel - mean) / std. Solutions know it without being told."""
    import flatbuffers
    from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata
    from mediapipe.tasks.metadata import schema_py_generated as schema

    normalization = metadata.NormalizationOptionsT()
    normalization.mean, normalization.std = [mean], [std]
    unit = metadata.ProcessUnitT()
    unit.optionsType, unit.options = metadata.ProcessUnitOptions.NormalizationOptions, normalization
    tensor, subgraph, facts = (
        metadata.TensorMetadataT(), metadata.SubGraphMetadataT(), metadata.ModelMetadataT(),
    )  # fmt: skip
    tensor.processUnits, subgraph.inputTensorMetadata, facts.subgraphMetadata = [unit], [tensor], [subgraph]
    builder = flatbuffers.Builder()
    builder.Finish(facts.Pack(builder), b"M001")

    network = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = bytes(builder.Output())
    entry.name, entry.buffer = b"TFLITE_METADATA", len(network.buffers)
    network.buffers.append(buffer)
    network.metadata = [*(network.metadata or ()), entry]
    return _packed(network)


def with_upright_palms(model: bytes) -> bytes:
    """Returns the palm detector with the finger's keypoint turned about the wrist's, to make `_TURN` good.

    Hands that were turned too far are found less often, and less exactly. The keypoints are linear in the
    weights of the last layers, so the same turn of the weights turns them.
    """
    from mediapipe.tasks.metadata import schema_py_generated as schema

    network = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model))
    turn = np.array([[math.cos(_TURN), -math.sin(_TURN)], [math.sin(_TURN), math.cos(_TURN)]])
    for tensor in network.subgraphs[0].tensors:
        if b"regressor_palm" in tensor.name and tensor.type == schema.TensorType.FLOAT16:  # weights, biases
            buffer = network.buffers[tensor.buffer]
            weights = np.frombuffer(bytes(buffer.data), np.float16).astype(np.float64)
            pairs = weights.reshape(-1, _PALM_POINTS, 2, math.prod(tensor.shape[1:]))
            finger = pairs[:, _MIDDLE_FINGER] - pairs[:, _WRIST]
            pairs[:, _MIDDLE_FINGER] = pairs[:, _WRIST] + turn @ finger
            buffer.data = np.frombuffer(pairs.astype(np.float16).tobytes(), np.uint8)
    return _packed(network)


def _packed(network: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder()
    builder.Finish(network.Pack(builder), b"TFL3")
    return bytes(builder.Output())
