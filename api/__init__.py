"""The service: HTTP, review page, store, cases, command line, wiring."""
