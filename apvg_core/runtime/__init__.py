"""Networks at work: devices, and steps in PyTorch or OpenVINO."""
