"""What a run minimises: losses and the memory bank of rivals."""
