"""Analyses: pure functions of attention maps, whatever model they came from.

regroup   pieces as words, special tokens hidden: maps again
habits    where a head looks whatever the words are: neighbours, itself, special tokens
strongest, notable    the strongest link of a map, and the one to look at first
arithmetic, written   how one weight came about, and its numbers as text that can be computed again
differences   the same head for two texts or two models: aligned tokens, differences, divergences
"""
