"""Does anything that is held out stand in the training stream? The count must be zero, and must be able not to be."""

from collections.abc import Iterable
from dataclasses import dataclass

from training.examples import EXAMPLES
from training.split import held_out_pairs
from training.stream import Text


@dataclass(frozen=True)
class Audit:
    """What was found in a stream of texts."""

    n_texts: int
    held_out_pairs: int
    example_sentences: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not (self.held_out_pairs or self.example_sentences)


def audit(texts: Iterable[Text]) -> Audit:
    """Count held-out pairs of words, and sentences of the app's examples, in the texts.

    The sentences are looked for by their words alone, anywhere in a text, whatever the generator says of them.
    """
    examples = {" ".join(word for word in example.words if word != ".") for example in EXAMPLES}
    n_texts = pairs = sentences = 0
    for text in texts:
        n_texts += 1
        pairs += len(held_out_pairs(text.content))
        joined = f" {' '.join(text.words)} "
        sentences += sum(f" {example} " in joined for example in examples)
    return Audit(n_texts, pairs, sentences)
