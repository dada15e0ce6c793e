"""How limits are kept: token buckets, refusal of what is too much, log lines at a bounded rate."""
