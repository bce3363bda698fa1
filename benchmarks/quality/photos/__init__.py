"""Pictures that photo figures are measured on."""
