"""What is played, and how: scores, playing techniques, and the expression that bodies share."""
