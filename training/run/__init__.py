"""One training run: the loop, its schedule, checkpoints and history."""
