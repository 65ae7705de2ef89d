"""One readable training loop a stage."""
