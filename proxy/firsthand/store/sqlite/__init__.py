"""The SQLite backend: an outbox file for each edge worker, one ledger file for what follows.

``outbox.open_outbox``          an edge worker's outbox
``delivering.open_delivering``  mover, queue and ledger of the process that holds the ledger's lock
``ledger.open_ledger``          the ledger for reading, in any process
"""
