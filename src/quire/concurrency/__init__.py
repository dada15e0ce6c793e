"""Work beside the event loop's own: background tasks, child processes."""
