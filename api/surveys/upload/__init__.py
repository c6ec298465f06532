"""Resumable uploads over tus 1.0: receive, store, check the hash."""
