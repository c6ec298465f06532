"""The review page, and the verdict with everything that follows from it in one transaction."""
