"""Analyses: pure functions of the recorded attention."""
