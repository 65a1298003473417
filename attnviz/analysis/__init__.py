"""Analyses: pure functions of attention maps, whatever model they came from.

regroup   pieces as words, special tokens hidden: maps again
sinks     how much of a head sits on special tokens and on the first token
habits    where a head looks whatever the words are: neighbours, itself, special tokens
scores    the strongest links of a head, and how much it spreads its weight
arithmetic, written   how one weight came about, and its numbers as text that can be computed again
compare   the same head for two texts or two models: aligned tokens, differences, divergences
"""
