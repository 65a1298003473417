"""How the shipped weights of the built-in model were made: words, grammar, split, objective, training, report."""
