"""Sound: timbres, noises, rooms, and how it is recorded."""
