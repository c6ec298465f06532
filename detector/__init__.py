"""What is in the frame, where it stands, whether it is allowed. Pure: no network, no database, no clock."""

import os

# OpenCV reads this once, when it is loaded, so it must stand before the first `import cv2`: a few kilobytes may unpack
# to a picture that fills the memory. 120 megapixels lets the largest drone photographs (100) through: 360 MB at most.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(120_000_000))
