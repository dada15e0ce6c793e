"""Running a node: its data folder, health, metrics, logs, backup, doctor."""
