"""Frames and detections: engines, pixels, tiles."""
