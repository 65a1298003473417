"""The example sentences of the app with their links: never trained on, nor any two of their content words together."""

from dataclasses import dataclass

from attnviz.tokens import word_tokens


@dataclass(frozen=True)
class Example:
    """A sentence, the links that must be right in it as (word, right, rival), and its content words in base form."""

    text: str
    links: tuple[tuple[str, str, str | None], ...]
    content: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The words, in lower case."""
        return tuple(token.text.lower() for token in word_tokens(self.text))


EXAMPLES = (
    Example(
        "The animal didn't cross the street because it was too tired.",
        (("it", "animal", "street"), ("cross", "street", None)),
        ("animal", "cross", "street", "tired"),
    ),
    Example(
        "The animal didn't cross the street because it was too wide.",
        (("it", "street", "animal"), ("cross", "street", None)),
        ("animal", "cross", "street", "wide"),
    ),
    Example(
        "The trophy didn't fit in the suitcase because it was too big.",
        (("it", "trophy", "suitcase"),),
        ("trophy", "suitcase", "big"),
    ),
    Example(
        "The trophy didn't fit in the suitcase because it was too small.",
        (("it", "suitcase", "trophy"),),
        ("trophy", "suitcase", "small"),
    ),
    Example(
        "The cat sat on the mat because it was comfortable.",
        (("it", "mat", "cat"), ("sat", "cat", None)),
        ("cat", "sit", "mat", "comfortable"),
    ),
    Example(
        "The cat sat on the mat because it was soft.",
        (("it", "mat", "cat"), ("sat", "cat", None)),
        ("cat", "sit", "mat", "soft"),
    ),
    Example("She ate the apple.", (("ate", "apple", "the"), ("ate", "she", "the")), ("eat", "apple")),
    Example(
        "The keys to the cabinet are old.",
        (("are", "keys", "cabinet"), ("old", "keys", "cabinet")),
        ("key", "cabinet", "old"),
    ),
    Example(
        "The king thanked the queen because she was kind.",
        (("she", "queen", "king"), ("thanked", "queen", None)),
        ("king", "thank", "queen", "kind"),
    ),
    Example(
        "The queen told the king that his crown was lost.",
        (("his", "king", "queen"),),
        ("queen", "tell", "king", "crown", "lost"),
    ),
    Example("The bank of the river was muddy.", (("bank", "river", None),), ("bank", "river", "muddy")),
    Example("She sat by the river bank.", (("bank", "river", None), ("sat", "she", "the")), ("sit", "river", "bank")),
    Example("The bank kept the money.", (("bank", "money", None),), ("bank", "keep", "money")),
    Example(
        "These very old books are heavy.",
        (("these", "books", None), ("old", "books", None)),
        ("old", "book", "heavy"),
    ),
)
