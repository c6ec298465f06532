"""Rendered streets with known truth: the sample footage of the demo, and labelled pictures for training.

Only the files that need it import Blender; scripts, poses, truth and configuration work without.
"""
