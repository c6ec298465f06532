"""Running the service: its figures for monitoring, what is wrong in plain words, backup and restore."""
