"""Queries that change something: a photo or an item, and words such as "in red"."""
