"""Lesson 8: what “it” stands for."""
