"""The demo: the sample street watched through a real RTSP connection and flown over, put on the review page, checked."""
