"""Single values of a feed: prices, stock, lists, HTML, and the types of whole columns."""
