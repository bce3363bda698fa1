"""What a large version holds of each item, in files that are mapped and not read."""
