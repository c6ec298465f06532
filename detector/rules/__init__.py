"""The rulebook: zones, hours, permits, and the ruling with its reasons."""
