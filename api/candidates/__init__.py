"""Candidates: what waits for a person, its intake from the watchers, the verdicts on it, and their endpoints."""
