"""What goes over the wire: request and response models, as the OpenAPI document declares them."""
