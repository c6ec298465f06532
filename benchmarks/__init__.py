"""What things cost and how right they are, beside other ways: each file is run by itself."""
