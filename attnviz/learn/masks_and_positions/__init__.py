"""Lesson 5: masks, positions, and another text."""
