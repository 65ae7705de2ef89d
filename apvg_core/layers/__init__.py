"""The paper's networks, one idea a file."""
