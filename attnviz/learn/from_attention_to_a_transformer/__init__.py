"""Lesson 9: from attention to a transformer."""
