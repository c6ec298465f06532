"""Measuring a model: average precision, mistakes, thresholds, agreement of engines."""
