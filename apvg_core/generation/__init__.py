"""From a song and a run to a video, in bounded memory."""
