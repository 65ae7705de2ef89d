"""Data between footage and training: sources, shards and the samples drawn from them."""
