"""Lesson 7: one word in two sentences."""
