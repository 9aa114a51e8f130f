"""The embedded rung: requests to plans with no model, no network and no file but its own tables. Door: `planner`."""
