"""An echo server on tlslite-ng, for the interop tests of SSL 3.0, TLS 1.0 and TLS 1.1.

    server.py VERSION CERTIFICATE KEY [CLIENT-AUTHORITY]

VERSION is 3.0, 1.0 or 1.1. It listens on a free port of 127.0.0.1 and says so on its first line. Every connection gets back what
it sends until it closes; one line of JSON tells of each. It ends when standard input does.
"""
import json
import os
import socket
import sys
import threading

from tlslite.api import HandshakeSettings, SessionCache, TLSConnection, X509CertChain, parsePEMKey
from tlslite.mathtls import FFDHE_PARAMETERS

VERSIONS = {"3.0": (3, 0), "1.0": (3, 1), "1.1": (3, 2)}


def settings(version):
    """Everything there is of one version."""
    result = HandshakeSettings()
    result.minVersion = result.maxVersion = VERSIONS[version]
    result.cipherNames = ["aes128", "aes256", "3des"] + (["rc4"] if version == "3.0" else [])
    result.macNames = ["sha", "md5"]
    result.keyExchangeNames = ["ecdhe_ecdsa", "ecdhe_rsa", "dhe_rsa", "rsa"]
    # Of 2048 bits, and known.
    result.dhParams = next(numbers for name, numbers in FFDHE_PARAMETERS.items() if name.endswith(" ffdhe2048"))
    return result


def serve(plain, arguments, chain, key, cache, asks):
    told = {}
    try:
        connection = TLSConnection(plain)
        connection.handshakeServer(certChain=chain, privateKey=key, sessionCache=cache, reqCert=asks,
                                   settings=settings(arguments[0]))
        session = connection.session
        told = {"version": list(connection.version), "suite": connection.session.cipherSuite,
                "resumed": bool(connection.resumed), "client": session.clientCertChain is not None,
                "extendedMasterSecret": bool(connection.extendedMasterSecret)}
        while True:
            data = connection.recv(65536)
            if not data:
                break
            connection.sendall(data)
        connection.close()
    except Exception as error:  # pylint: disable=broad-except
        told["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(told), flush=True)


def main():
    arguments = sys.argv[1:]
    chain = X509CertChain()
    with open(arguments[1], encoding="ascii") as file:
        chain.parsePemList(file.read())
    with open(arguments[2], encoding="ascii") as file:
        key = parsePEMKey(file.read(), private=True, implementations=["python"])
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    cache = SessionCache()
    while True:
        plain, _ = listener.accept()
        plain.settimeout(60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(plain, arguments, chain, key, cache, len(arguments) > 3),
                         daemon=True).start()


if __name__ == "__main__":
    main()
