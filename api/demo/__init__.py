"""The demo: the sample street watched over real RTSP and flown over, put on the review page, and checked."""
