"""Lesson 2: query, key, value."""
