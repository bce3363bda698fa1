"""What is done with a list of rows before a page is cut out of it."""
