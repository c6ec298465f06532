"""Labels: whole frames that a person completes, and verdicts, from which data sets are made."""
