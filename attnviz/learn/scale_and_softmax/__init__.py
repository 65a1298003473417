"""Lesson 3: the scale, and softmax."""
