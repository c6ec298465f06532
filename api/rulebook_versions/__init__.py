"""Versions of the rulebook: drafts, what a replay of each would change, and from when each is in force."""
