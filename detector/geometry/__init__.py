"""Pixels to WGS-84: lens, rays, terrain, calibration, and the error radius of the result."""
