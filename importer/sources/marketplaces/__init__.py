"""Files in which shops list their products on marketplaces."""
