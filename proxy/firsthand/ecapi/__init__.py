"""Events of the shop's own, as the IAB Tech Lab's Event and Conversion API (ECAPI) 1.0 spells them.

``event``       the event's type
``strict``      bytes -> JSON, decimals kept
``readers``     one JSON value -> text, or the code of what is wrong with it
``vocabulary``  which fields there are, and the reader of each
``person``      contact data, plain or hashed
``parse``       JSON -> event, with everything that is wrong
``rows``        what vendor files build their readings from
"""
