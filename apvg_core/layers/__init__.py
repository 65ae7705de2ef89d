"""Building blocks that networks of several stages share."""
