"""WebSockets on the HTTP port: frames, fragments, back-pressure."""
