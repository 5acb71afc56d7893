"""Stand-ins of the vendors and a demo shop, on loopback: no account and no network needed.

``server.Sandbox`` plays the shop (``shop.localhost``) and every vendor host
(``<vendor host>.vendors.localhost``) on one port. A vendor's part is one file here that ends with
``ROLE``; the scripts it serves lie in ``pixels/``, its tag in ``shop/templates/tags/``.
"""
