"""How good the matches are."""
