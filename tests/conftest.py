"""What all tests share; what they build from stands in ``factories.py``."""

from hypothesis import settings

# No test depends on how fast the machine is; the same examples come every time.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("project")
