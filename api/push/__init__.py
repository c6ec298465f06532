"""`streetwarden survey push`: a card full of footage sent to a service, however often the line breaks."""
