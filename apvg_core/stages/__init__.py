"""The stages of a method: each a folder with its settings, interface, network, losses and training."""
