"""What a score means: how often an item that scores as much is what was asked for."""
