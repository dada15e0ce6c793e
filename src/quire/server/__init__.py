"""One node put together: the composition root, its limits from the settings, its process."""
