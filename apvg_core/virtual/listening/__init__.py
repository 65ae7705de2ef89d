"""The listening test: what a run hears of real notes, alone and with others, in rooms and off the fork."""
