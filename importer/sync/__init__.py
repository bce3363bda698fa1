"""Keeping an index or a running service up to date with a feed."""
