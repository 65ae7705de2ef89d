"""Virtual performers: rendered musicians whose motion follows the music, with the truth known."""
