"""Tills that sell online as well: their exports name no pictures, or name them late."""
