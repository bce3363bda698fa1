"""Routes about words: completions, and synonyms."""
