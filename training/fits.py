"""Which classes of words go together: what can do what to what, and what can be said of it."""

# The adjectives that are said of a class of nouns and of no other class that stands beside it in a sentence.
ADJECTIVES_OF = {
    "animal": "animate", "way": "way", "water": "water", "food": "food", "drink": "drink", "furniture": "furniture",
    "vehicle": "vehicle", "container": "container", "building": "building", "tool": "tool", "material": "material",
    "clothing": "clothing", "plant": "plant", "toy": "toy", "instrument": "instrument", "device": "device",
    "document": "document", "valuable": "valuable", "part": "part", "man": "human", "woman": "human",
    "person": "human", "name_m": "human", "name_f": "human", "abstract": "abstract", "weather": "weather",
}  # fmt: skip

# Who does what to what, where one adjective later tells who "it" is: subject class, verb class, preposition, object.
FLIP_FRAMES = (
    ("animal", "way", "", "way"), ("animal", "way", "", "way"), ("animal", "way", "", "way"),
    ("animal", "food", "", "food"), ("animal", "drink", "", "drink"),
    ("animal", "rest", "on", "furniture"), ("animal", "rest", "on", "furniture"),
    ("animal", "near", "", "building"), ("animal", "near", "", "water"), ("animal", "rest", "near", "water"),
    ("animal", "raid", "", "container"), ("animal", "near", "", "vehicle"), ("animal", "wear", "", "clothing"),
    ("animal", "toss", "", "toy"), ("animal", "near", "", "plant"), ("animal", "food", "", "plant"),
    ("vehicle", "way", "", "way"), ("vehicle", "near", "", "building"), ("vehicle", "way", "", "water"),
    ("tool", "cut", "", "material"), ("tool", "cut", "", "food"), ("tool", "cut", "", "clothing"),
    ("toy", "cut", "", "device"), ("plant", "way", "", "way"), ("plant", "cut", "", "building"),
    ("container", "hold", "", "drink"), ("container", "hold", "", "food"), ("device", "read", "", "document"),
    ("vehicle", "cut", "", "plant"), ("animal", "cut", "", "device"), ("animal", "read", "", "document"),
    ("furniture", "way", "", "building"), ("weather", "cut", "", "plant"),
)  # fmt: skip

# Classes that an adjective of their own tells apart.
FLIP_CLASSES = (
    "animal", "animal", "way", "water", "food", "drink", "furniture", "vehicle", "container", "building", "tool",
    "material", "clothing", "plant", "toy", "instrument", "device", "document", "valuable",
)  # fmt: skip

# What goes into what: the size adjective tells which of the two is meant.
FIT_INSIDE = ("toy", "tool", "clothing", "instrument", "document", "food", "device", "valuable", "container")
FIT_AROUND = ("container",)
FIT_PASSING = ("furniture", "vehicle", "instrument", "animal", "device")

# Verb classes and what they are done to.
OBJECTS_OF = (
    ("food", ("food",)), ("drink", ("drink",)), ("ride", ("vehicle",)), ("wear", ("clothing",)),
    ("read", ("document",)), ("play", ("instrument",)), ("build", ("building",)), ("open", ("container", "room")),
    ("feed", ("animal",)), ("grow", ("plant",)), ("mend", ("device", "vehicle", "toy")), ("spend", ("money",)),
    ("use", ("tool",)), ("toss", ("toy", "clothing")), ("think", ("abstract",)), ("cut", ("material", "food")),
    ("way", ("way", "water")), ("near", ("building", "place", "water")), ("raid", ("container", "room", "part")),
    ("people", ("man", "woman", "person")),
    ("any", ("toy", "tool", "valuable", "furniture", "device", "container", "clothing", "document", "food",
             "animal", "plant", "vehicle", "instrument", "sky", "colour", "material", "part")),
)  # fmt: skip

OWNED = ("valuable", "clothing", "container", "vehicle", "document", "device", "toy", "instrument", "tool", "part")
THINGS = (
    "animal", "way", "food", "furniture", "vehicle", "container", "building", "tool", "material", "clothing", "plant",
    "toy", "instrument", "device", "document", "valuable", "room", "place", "water", "person",
)  # fmt: skip
