"""The structured temporal UNet (STU, section III.C): sound, keypoints, coarse video to frames."""
