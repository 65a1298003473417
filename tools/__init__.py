"""What make leans on: installing the environment, finding a browser."""
