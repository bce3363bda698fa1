"""How routes read queries and bodies, in the forms that clients write them."""
