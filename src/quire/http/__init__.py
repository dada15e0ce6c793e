"""HTTP without what it serves: the application, errors, security headers, limits of requests."""
