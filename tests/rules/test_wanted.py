from firsthand.rules.wanted import wanted
from tests.samples import shop


def test_only_consent_keeper_and_vendor_cookies_are_looked_at() -> None:
    names = ["fh_consent", "OptanonConsent", "fh_keep", "_fbp", "_ga", "_ga_SHOP000001"]
    names += ["euconsent-v2", "__cmpconsentx123", "addtl_consent", "__gpp", "__gpp_sid", "FCCDCF"]
    others = ["PHPSESSID", "__Host-sess", "cart", "_shopify_y", "FH_CONSENT"]
    header = "; ".join(f"{name}=1" for name in names + others)
    assert set(wanted(shop()).split(header)) == set(names)
