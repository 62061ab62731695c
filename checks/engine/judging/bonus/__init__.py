"""How figures, grids, snapshots and checkpoints are judged."""
