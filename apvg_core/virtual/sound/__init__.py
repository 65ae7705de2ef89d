"""Sound: two kinds of synthesis, a room and a microphone."""
