"""What every implementation of a contract must do. `tests/integration/test_contracts.py` runs these on each one."""
