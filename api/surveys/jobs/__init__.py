"""Batch jobs of surveys: chunks with leases, workers, and the diagnosis of how a worker ended."""
