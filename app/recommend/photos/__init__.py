"""Searching by photo: what a photo shows, and what is asked of it."""
