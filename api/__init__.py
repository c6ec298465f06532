"""The service: HTTP, review page, store, cases, command line, wiring."""

import detector as detector  # before cv2 is loaded: it limits the pictures that OpenCV unpacks

__version__ = "0.1.0"
