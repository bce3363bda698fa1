"""Shop platforms, one file each: what their exports look like and how rows become products."""
