"""Running experiments: seeds, fixed blocks of replicates, workers, records."""
