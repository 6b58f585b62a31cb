#!/usr/bin/env python3
"""A TLS client on Python's ssl, or on a module with its interface, for the interop tests.

client.py MODULE, where MODULE is ssl, rtls (rustls) or utls (BoringSSL). ../README.md says what it understands.
"""
import hashlib
import importlib
import socket
import sys

ssl = importlib.import_module(sys.argv[1])
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

# By the name of the session: a session belongs to its context.
contexts = {}
sessions = {}


def make_context(request):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = VERSIONS[request["min"]]
    context.maximum_version = VERSIONS[request["max"]]
    context.load_verify_locations(request["ca"])
    if request.get("suites"):
        context.set_ciphers(request["suites"].replace(",", ":"))
    elif ssl.__name__ == "ssl":
        context.set_ciphers("ALL:@SECLEVEL=0")
    if request.get("groups"):
        context.set_ecdh_curve(request["groups"])
    if request.get("alpn"):
        context.set_alpn_protocols(request["alpn"].split(","))
    if request.get("cert"):
        context.load_cert_chain(request["cert"], request["key"])
    return context


def context_for(request):
    name = request.get("session")
    if not name:
        return make_context(request)
    if name not in contexts:
        contexts[name] = make_context(request)
    return contexts[name]


def connect(request, tell):
    context = context_for(request)
    name = request.get("session")
    with socket.create_connection(("127.0.0.1", int(request["port"])), timeout=60) as raw:
        more = {"session": sessions[name]} if name and sessions.get(name) else {}
        stream = context.wrap_socket(raw, server_hostname=request["name"] or "127.0.0.1", **more)
        tell("version", (stream.version() or "").replace("TLSv", ""))
        cipher = stream.cipher()
        tell("suite", cipher[0] if cipher else "")
        tell("alpn", stream.selected_alpn_protocol() or "")
        # rtls has no word on it: a client of rustls asks its connection, which rtls does not hand out.
        if ssl.__name__ != "rtls":
            tell("resumed", "true" if stream.session_reused else "false")
        received = bytearray()
        replies = []
        for line in request["send"].split("|") if request.get("send") else []:
            stream.sendall(line.encode() + b"\n")
            while b"\n" not in received:
                block = stream.recv(65536)
                if not block:
                    raise ssl.SSLError("the server closed")
                received += block
            reply, _, received = received.partition(b"\n")
            replies.append(reply.decode())
        tell("replies", "|".join(replies))
        count = int(request.get("transfer", 0))
        if count:
            transfer(stream, count)
            tell("transferred", count)
        if name:
            # The tickets of TLS 1.3 have come before the replies.
            sessions[name] = stream.session
        close(stream, tell)


def close(stream, tell):
    """Ends both directions in order."""
    if ssl.__name__ == "ssl":
        stream.unwrap().close()
        tell("closed", 1)
        return
    # These tell less: a receive ends with nothing after close_notify, and with an error after anything else.
    try:
        stream.unwrap()
        tell("closed", 1)
    except ssl.SSLZeroReturnError:
        tell("closed", 1)


def transfer(stream, count):
    """Sends and receives at the same time and compares."""
    block = bytes((index * index >> 3) & 255 for index in range(61441))
    sent, received = hashlib.sha256(), hashlib.sha256()
    done = 0
    back = 0
    while back < count:
        # Never more on the way than the buffers of both ends hold.
        while done < count and done - back < 1 << 16:
            piece = block[: min(16384 + 7, count - done)]
            stream.sendall(piece)
            sent.update(piece)
            done += len(piece)
        data = stream.recv(65536)
        if not data:
            raise ssl.SSLError("the server closed")
        received.update(data)
        back += len(data)
    if sent.digest() != received.digest():
        raise ssl.SSLError("what came back is not what was sent")


def main():
    for line in sys.stdin:
        request = dict(field.partition("=")[::2] for field in line.rstrip("\n").split("\t"))
        answer = []

        def tell(name, value):
            answer.append(f"{name}={value}".replace("\t", " ").replace("\n", " "))

        try:
            connect(request, tell)
        except Exception as error:  # Whatever these modules raise is an answer.
            tell("error", f"{type(error).__name__} {error}")
        print("\t".join(answer), flush=True)


main()
