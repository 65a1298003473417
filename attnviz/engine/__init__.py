"""Engines: what runs a text through a model and records its attention."""
