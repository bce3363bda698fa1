"""Further pictures of items: their vectors, and the search for an item by its best picture."""
