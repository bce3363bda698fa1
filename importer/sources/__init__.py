"""One file per source system, and how each gives its rows."""
