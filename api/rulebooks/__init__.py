"""Rulebooks as the service uses them."""
