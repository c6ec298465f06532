"""The command line, one file for each group of commands; `every` puts them together."""
