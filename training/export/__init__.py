"""From trained towers to the folders that serve, and back."""
