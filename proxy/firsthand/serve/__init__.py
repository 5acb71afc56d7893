"""The composition root: builds the parts from a configuration, starts and stops them in order.

``plan``    what every process knows before it starts
``edge``    the public listener of one process
``lead``    moving, delivery and admin pages, in the one process that holds the ledger's lock
``worker``  one process: an edge, and the lead when it can have it
``crew``    several processes that share the port
"""
