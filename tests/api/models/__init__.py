"""Tests of the shelf of models as the service shows it."""
