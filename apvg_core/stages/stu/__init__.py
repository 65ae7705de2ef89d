"""The structured temporal UNet (STU, section III.C): sound, keypoints and coarse video to the final frames."""
