"""Data sets: labels, recipes, pseudo-labels and augmentation."""
