"""Commerce systems without a shop of their own, which shops build theirs upon."""
