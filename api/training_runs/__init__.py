"""The pages of training runs; read only, without torch."""
