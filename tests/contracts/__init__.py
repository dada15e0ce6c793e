"""What every implementation of a contract must do. `tests/integration/test_contracts.py` runs these on each one."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def compare(machine: Callable[[], RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Do random work beside a plain model. Nothing is too slow: storage is real."""
    limits = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=limits)  # type: ignore[no-untyped-call]
