"""Speed: ours beside its peers, in one process, on the same data, with the answers compared."""
