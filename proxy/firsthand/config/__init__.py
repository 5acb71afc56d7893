"""The configuration file: its shape, how it is read, and its generated reference."""
