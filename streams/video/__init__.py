"""Video below the frame: OpenCV capture, file types, RTP packets."""
