"""User agent -> bot score. Only what says so itself is scored here."""

from cachetools import LRUCache, cached
from crawlerdetect import CrawlerDetect

SAYS_SO = 100
_detector = CrawlerDetect()


@cached(LRUCache(maxsize=2048))
def score(user_agent: str) -> int:
    """Return 100 for a crawler's own name or for no name at all, else 0."""
    if not user_agent or _detector.is_crawler(user_agent[:512]):
        return SAYS_SO
    return 0
