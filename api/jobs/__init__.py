"""Batch jobs: surveys cut into chunks, worked through by as many workers as there are, and put together at the end."""
