"""Weekly, monthly and quarterly reports: figures that were frozen when they were made, kept and comparable."""
