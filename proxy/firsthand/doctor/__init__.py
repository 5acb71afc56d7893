"""``firsthand doctor``: what a site's set-up can hold, found by looking. Nothing is changed.

Each module beside ``finding`` and ``run`` looks at one thing and gives findings. They ask DNS, the
site's page, the tracking host and the vendors' test doors; every answer is bounded in time and
size, and no token or identifier stands in a finding.
"""
