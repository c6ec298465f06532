"""Cameras: the registry, its encrypted addresses, live status, picture health, and the pages and endpoints for them."""
