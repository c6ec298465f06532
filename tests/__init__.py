import detector as detector  # before a test loads cv2: it limits the pictures that OpenCV unpacks
