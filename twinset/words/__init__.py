"""What the words of a query say of the catalogue: codes, and values that are not wanted."""
