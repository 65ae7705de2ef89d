"""Keypoint and heatmap prediction (KHP, section III.A): sound to keypoints."""
