"""Running experiments so that nothing is lost: seeds, units of work, store, workers, sweeps."""
