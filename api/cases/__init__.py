"""Confirmed cases: the outbox, its sender and adapters, the built-in list, and the pages and endpoints for them."""
