"""Network files: export, quantise, merge heads, subset classes, reopen ONNX for training."""
