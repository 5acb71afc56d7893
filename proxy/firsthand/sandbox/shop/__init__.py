"""The demo shop: catalogue and pages. It knows vendors only by ``templates/tags``."""
