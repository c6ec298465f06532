"""Picture faults of a camera, and the gate that stops the look while one lasts."""
