"""Firsthand: a first-party tracking proxy that can be audited.

The package, from the ground up (a module imports from its own folder and from lines above it):

model, errors      all that flows: Hit -> Reading -> Beacon -> Call -> Reply -> Outcome
convert, ecapi/    named converters for tables; events that a shop tells itself
vendor             the contract a vendor file fulfils
mapping            reads a vendor's field table from parameters, nests it into an API body
vendors/           one file a vendor
rules/             pure decisions: consent, cookies, what becomes of a hit, when to try again
browser, store/    the scripts that run in the page; outbox, lanes, ledger and custody on disk
edge/              the public listener
delivery/          lanes to the vendors' APIs
admin/             the private listener: report, events, health
config, sandbox/   the configuration file; stand-ins of the vendors and a demo shop
draft              what was asked or seen of a site, written as a configuration
serve              the composition root
letters, scripts   dead letters and the vendors' scripts for a terminal
reporting          the report for a terminal, as CSV, signed for others
consent            receipts and what persons may ask for, for a terminal
doctor/            looks at a whole set-up: what holds, and for how long
cert, saving       the tracking host's certificate; copies of the databases
init, questions    the first configuration
operators          who may see the pages, and what they did, for a terminal
cli                the command line
"""

__version__ = "0.1.0"
