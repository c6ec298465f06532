"""Frames from a source to a sink: files, queue, sampling, skipping what has not changed."""
