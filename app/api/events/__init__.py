"""What shoppers did with answers: taken from pages, reported to operators."""
