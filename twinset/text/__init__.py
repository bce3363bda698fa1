"""Text as people compare it, and bytes as text carries them."""
