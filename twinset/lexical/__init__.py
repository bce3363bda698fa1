"""Finding items by the words that stand in their fields, and ranking by words and vectors."""
