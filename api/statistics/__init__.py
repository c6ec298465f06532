"""What a city reads: counts, trends, how long cases take, how right the models are, coverage and hot spots."""
