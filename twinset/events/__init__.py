"""What shoppers see, click, put into the basket and buy, kept without anything that names them."""
