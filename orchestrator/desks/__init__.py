"""What the faces ask of the orchestrator, by what it is about. `orchestrator.app.Asterism` is all of them in one."""
