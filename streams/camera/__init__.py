"""One camera: address, probing, reading, states, back-off, and the capture time of its frames."""
