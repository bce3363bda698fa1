"""What the words of a query ask of the catalogue: values, prices, sizes, and what is not wanted."""
