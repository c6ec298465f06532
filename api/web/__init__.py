"""HTTP in general: middleware, problem documents, pagination, health endpoints and the server."""
