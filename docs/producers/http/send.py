"""Send votes to tutti's HTTP intake: `TUTTI_TOKEN=… python send.py < votes.jsonl`.

Reads one JSON object per line. Exit status 0: every message was acknowledged.
"""

import gzip
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from itertools import islice

URL = os.environ.get("TUTTI_HTTP", "http://127.0.0.1:18110") + "/v1/votes"
TOKEN = os.environ["TUTTI_TOKEN"]
BATCH = 500
TRIES = 20
AGAIN = {408, 409, 429, 500, 502, 503, 504}
LONGEST_WAIT_S = 30
NO_ANSWER = (OSError, ValueError, http.client.HTTPException)


def post(body: bytes, key: str) -> tuple[int, dict, str]:
    """One try: status, answer and Retry-After; status 0: there was no answer."""
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/x-ndjson",
        "Content-Encoding": "gzip",
        "Idempotency-Key": key,
    }
    request = urllib.request.Request(URL, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer), ""
    except urllib.error.HTTPError as error:
        retry_after = error.headers.get("Retry-After", "")
        try:
            return error.code, json.load(error), retry_after
        except NO_ANSWER:
            return error.code, {}, retry_after
    except NO_ANSWER:  # no connection, or it broke before the whole answer
        return 0, {}, ""


def send(lines: list[bytes]) -> tuple[int, dict]:
    """Send a batch, the same bytes under the same key, until it has an answer that stays."""
    body, key = gzip.compress(b"".join(lines)), str(uuid.uuid4())
    for number in range(TRIES):
        status, answer, retry_after = post(body, key)
        if status and status not in AGAIN:
            return status, answer
        wait_s = int(retry_after) if retry_after.isdecimal() else 2**number
        time.sleep(min(wait_s, LONGEST_WAIT_S))
    sys.exit(f"gave up after {TRIES} tries: send these lines again later")


def main() -> None:
    """Send all batches."""
    accepted = rejected = line = 0
    while lines := list(islice(sys.stdin.buffer, BATCH)):
        status, answer = send(lines)
        if status != http.HTTPStatus.OK and "rejected" not in answer:
            sys.exit(f"{status} {answer.get('title')} {answer.get('cure')}")
        accepted += answer.get("accepted", 0)
        for one in answer["rejected"]:
            rejected += 1
            print(f"line {line + one['line']}: {one['reason']}: {one['cure']}", file=sys.stderr)
        line += len(lines)
    print(f"{accepted} accepted, {rejected} rejected")
    sys.exit(rejected > 0)


main()
