"""Features that networks are given instead of media: the CQT of the sound, the keypoints of the player."""
