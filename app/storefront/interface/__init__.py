"""The words of the pages themselves, in each language."""
