"""Lesson 6: how far a word reaches."""
