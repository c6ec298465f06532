"""Verdicts and frames in, a better model out. The only package that imports torch."""
