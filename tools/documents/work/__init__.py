"""What a worker does, a module a format. Nothing of ours is imported here but this package: a worker starts quickly."""
