"""Drone footage to places: frame selection, telemetry pairing, association and fusion."""
