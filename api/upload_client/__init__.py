"""The client behind `streetwarden survey push`: hash a card, announce it, send it."""
