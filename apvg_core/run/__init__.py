"""A run: one folder that holds everything needed to generate, and can be zipped and sent.

Layout::

    run.json                                   what it is and where it came from (`RunInfo`)
    conditions.safetensors                     of each performer: average keypoints, reference frame and its
                                               keypoints
    note_positions.json                        of each performer: notes, and where the hand is for each
    khp/ cvg/ stu/  model.safetensors          weights of each trained stage
                    config.json                what is needed to build the network
    stu/            discriminator.safetensors  weights of what the last stage was trained beside
    state/          (training only)            for resuming; not needed to generate
    logs/           (training only)            metrics.jsonl, TensorBoard, sample images

Tensors are safetensors, the rest is JSON; nothing is pickled. A run can be read without PyTorch.
"""
