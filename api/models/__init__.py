"""The shelf of models as the service shows it: promotion, shadows, drift."""
