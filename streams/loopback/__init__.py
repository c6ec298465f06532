"""An RTSP server that plays a video file on this machine, for the demo and the tests."""
