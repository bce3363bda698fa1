"""Clothes, drawn back to front."""
