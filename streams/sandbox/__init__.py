"""Uploaded footage is read in a process of its own, which has little to lose and little that it may take."""
