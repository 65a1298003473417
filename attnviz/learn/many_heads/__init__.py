"""Lesson 4: many heads."""
