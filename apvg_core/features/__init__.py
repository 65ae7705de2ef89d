"""What the networks see instead of media: the CQT of the sound and the keypoints of the player."""
