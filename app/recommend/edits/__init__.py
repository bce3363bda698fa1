"""Searching with a photo or with items, and words that change them."""
