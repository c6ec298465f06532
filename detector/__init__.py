"""What is in the frame, where it stands, whether it is allowed. Pure: no network, no database, no clock."""
