"""The errors that attnviz raises on purpose.

    AttnVizError
    ├── TextError               the text cannot be read
    │   └── TextTooLongError        more tokens than the model reads, or characters than attnviz does
    ├── ModelError              the model cannot be had or cannot be used
    │   ├── ModelNotFoundError      no such id, folder or revision
    │   ├── HubUnreachableError     the network or the hub does not answer
    │   ├── BrokenModelError        files that are damaged, missing or unsafe
    │   └── NotTraceableError       its attention cannot be recorded
    ├── AttentionError          a row of scores has nothing to attend to
    ├── SelectionError          a layer, a head or a window that does not exist
    ├── EditError               a change of the attention that cannot be made or read
    ├── FileFormatError         a file of numbers that cannot be read or written
    └── ServingError            the app cannot be served at this address

Each message says what happened, the value, and what to do. A door (page, command line) shows it
and goes on; anything that is not an `AttnVizError` is a bug and must surface.
"""


class AttnVizError(Exception):
    """Base of every error that a person can do something about."""


class TextError(AttnVizError):
    """The text cannot be read as it is."""


class TextTooLongError(TextError):
    """The text has more tokens than the model reads, or more characters than attnviz does.

    fits: tokens at its beginning that the model would read, special ones not counted, and the character where the last
    word of these ends; None where that is not known.
    """

    fits: tuple[int, int] | None = None


class ModelError(AttnVizError):
    """The model cannot be had or cannot be used."""


class ModelNotFoundError(ModelError):
    """No model has this id, folder or revision."""


class HubUnreachableError(ModelError):
    """The hub does not answer, and the model is not on this machine."""


class BrokenModelError(ModelError):
    """The files of the model are damaged, missing or of a kind that is not opened."""


class NotTraceableError(ModelError):
    """The attention of the model cannot be recorded, or would be recorded wrongly."""


class AttentionError(AttnVizError):
    """A query has no key that it may attend to."""


class SelectionError(AttnVizError):
    """A layer, a head or a window of tokens that does not exist."""


class EditError(AttnVizError):
    """A change of the attention that cannot be made or read."""


class FileFormatError(AttnVizError):
    """A file of numbers that cannot be read or written."""
