"""Accessories, drawn back to front."""
