"""attnviz shows what every attention head of a transformer does with a sentence, and how each number came about."""
