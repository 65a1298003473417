"""Lesson 1: what self-attention is, without parameters."""
