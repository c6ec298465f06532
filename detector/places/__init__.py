"""Things that stay at one place: occupancy, the empty scene, dwell, best frames, proposals."""
