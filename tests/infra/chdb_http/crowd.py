"""Clients who send statements again and again: ``crowd.py PORT CLIENTS``, statements on stdin.

A line each, an empty one behind the last. Says `refused` once some were refused by a full queue.
"""

import contextlib
import socket
import sys
import threading

REFUSED = threading.Event()


def main() -> None:
    port, clients = int(sys.argv[1]), int(sys.argv[2])
    statements = list[bytes]()
    while line := sys.stdin.readline().strip():
        statements.append(line.encode())
    for number in range(clients):
        sql = statements[number % len(statements)]
        threading.Thread(target=send, args=(port, sql), daemon=True).start()
    REFUSED.wait()
    print("refused", flush=True)  # noqa: T201 - to the test
    threading.Event().wait()


def send(port: int, sql: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(sql)
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(head + sql)
            if b" 503 " in one.recv(64):
                REFUSED.set()


if __name__ == "__main__":
    main()
