"""The public listener: bounded requests in, prebuilt answers out."""
