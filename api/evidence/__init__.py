"""Evidence: files named by their SHA-256, and the table that says what each shows."""
