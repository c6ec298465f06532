"""Where frames come from, and who watches them."""

import detector as detector  # before cv2 is loaded: it limits the pictures that OpenCV unpacks
