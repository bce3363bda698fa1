"""Shoes, drawn back to front."""
