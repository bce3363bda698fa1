"""Words that mean the same: the list of Twinset, and what a shop puts in its place."""
