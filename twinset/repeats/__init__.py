"""Items whose pictures are the same, or nearly: they take one place in answers."""
