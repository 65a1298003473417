"""What all tests share: no deadlines, because machines are shared, and a profile that looks longer (`make soak`)."""

from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile("default")
