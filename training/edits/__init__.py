"""Learning and measuring how words change a photo or an item."""
