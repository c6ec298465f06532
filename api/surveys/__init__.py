"""Surveys: manifests, files, frames, places, pages, endpoints and retention."""
