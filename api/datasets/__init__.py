"""Data sets on their pages: which versions there are, what they hold, and new ones from labels or a ZIP."""
