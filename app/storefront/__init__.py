"""The storefront: pages for people, rendered by the service and usable without scripts."""
