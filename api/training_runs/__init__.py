"""Trainings as jobs, and their pages; without torch."""
