"""A server that takes calls on an inherited socket, sends a part of each answer, and waits to be killed."""

import socket
import sys
from threading import Thread

BODY = b'{"status":"COMPLETE","results":[{"number":"1","grams":5}],"numErrors":0,"errors":[]}'
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)
PARTS = {
    "nothing": 0,
    "half of the head": 30,
    "half of the body": len(ANSWER) - 40,
    "everything": len(ANSWER),
}


def serve(connection: socket.socket, part: bytes) -> None:
    while connection.recv(65_536):
        connection.sendall(part)
        sys.stdout.write("ready\n")
        sys.stdout.flush()


def main() -> None:
    listening, part = socket.socket(fileno=int(sys.argv[1])), ANSWER[: PARTS[sys.argv[2]]]
    while True:
        Thread(target=serve, args=(listening.accept()[0], part), daemon=True).start()


if __name__ == "__main__":
    main()
