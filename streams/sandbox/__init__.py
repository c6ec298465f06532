"""Uploaded footage and cameras are read in sandboxed processes with few rights."""
