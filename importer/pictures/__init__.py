"""Pictures of products, from files beside the feed or from addresses in it."""
