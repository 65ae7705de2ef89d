"""Music: scores, playing techniques, and the expression that bodies share."""
