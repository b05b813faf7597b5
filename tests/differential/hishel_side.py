"""hishel's answers: reads a case per line (JSON), writes the answers per line (JSON).

Only its sans-I/O states are used. The one thing replaced is the clock they read.
"""

import json
import sys
import types
import uuid

import hishel
from hishel import Entry, Headers, Request, Response
from hishel._core import _spec
from hishel._core._headers import parse_cache_control

clock = types.SimpleNamespace(now=0.0)
_spec.time = types.SimpleNamespace(time=lambda: clock.now)


def headers(lines):
    made = {}
    for name, value in lines:
        made.setdefault(name.lower(), []).append(value)
    return Headers(made)


def head(of):
    return {name: of.get_list(name) for name in of}


def request(given):
    return Request(method=given["method"], url=given["uri"], headers=headers(given["lines"]))


def response(given):
    return Response(status_code=given["status"], headers=headers(given["lines"]))


def end(state, invalidated):
    """Follows the invalidations; the names of what they remove are added to `invalidated`."""
    while isinstance(state, _spec.InvalidateEntries):
        invalidated.extend(state.entry_ids)
        state = state.next()
    return state


def store(exchange, options):
    clock.now = float(exchange["received"])
    asked = request(exchange["request"])
    miss = _spec.CacheMiss(request=asked, options=options)
    state = end(miss.next(response(exchange["response"])), [])
    if not isinstance(state, _spec.StoreAndUse):
        return None
    return Entry(id=uuid.uuid4(), request=asked, response=state.response)


def first(answers, case, entry, options):
    clock.now = float(case["first"][0]["received"])
    said = entry.response
    lifetime = _spec.get_freshness_lifetime(said, options["shared"])
    if parse_cache_control(said.headers.get("cache-control")).no_cache is True or lifetime is None:
        lifetime = 0
    answers["fresh_for"] = max(0, lifetime - _spec.get_age(said))
    clock.now = float(case["then"]["sent"])
    answers["age"] = _spec.get_age(said)
    answers["stored_head"] = head(said.headers)


def second(answers, case, entries, options):
    then = case["then"]
    clock.now = float(then["sent"])
    asked = request(then["request"])
    state = _spec.IdleClient(options=options).next(asked, entries)
    said = response(then["response"])
    if isinstance(state, _spec.FromCache):
        answers["next"] = "Hit"
        answers["served"] = head(state.entry.response.headers)
    elif isinstance(state, _spec.CacheMiss):
        answers["next"] = "Forward"
        clock.now = float(then["received"])
        if asked.method not in ("GET", "HEAD", "OPTIONS", "TRACE"):
            gone = []
            end(state.next(said), gone)
            answers["invalidated"] = bool(gone)
    else:
        answers["next"] = "Validate"
        answers["none_match"] = state.request.headers.get("if-none-match", "")
        answers["modified_since"] = state.request.headers.get("if-modified-since", "")
        clock.now = float(then["received"])
        after = end(state.next(said), [])
        if isinstance(after, _spec.NeedToBeUpdated):
            answers["after"] = "Freshened"
            answers["merged"] = head(after.next().entry.response.headers)
        elif isinstance(after, _spec.CacheMiss):
            answers["after"] = "NoMatch"
        elif isinstance(after, _spec.StoreAndUse):
            answers["after"] = "Stored"
        else:
            answers["after"] = "Passed"


def answer(case):
    options = {"shared": case["shared"], "supported_methods": ["GET", "HEAD"], "allow_stale": False}
    kept = [store(exchange, options) for exchange in case["first"]]
    answers = {"stored": [entry is not None for entry in kept]}
    if kept[0] is not None:
        first(answers, case, kept[0], options)
    entries = [entry for entry in kept if entry is not None]
    if entries:
        second(answers, case, entries, options)
    return answers


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
