"""Training runs: schedule, start weights, progress, plots."""
