"""Which model and which engine look at which frames."""
