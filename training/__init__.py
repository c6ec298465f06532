"""Verdicts and frames in, a better model out. The only package that imports torch."""

import detector as detector  # before cv2 is loaded: it limits the pictures that OpenCV unpacks
