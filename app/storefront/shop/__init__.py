"""What makes the storefront a shop's own: its name and colours, and what search engines read."""
