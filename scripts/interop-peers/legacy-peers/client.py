"""A client on tlslite-ng, or on OpenSSL 1.0.2 (nassl), for the interop tests of SSL 3.0, TLS 1.0 and TLS 1.1.

    client.py tlslite|nassl

Each line of standard input is a JSON object: port, version (3.0, 1.0 or 1.1), and perhaps cert and key (PEM files of a client's
certificate), session (a name: the session is kept under it and offered the next time), fallback (true sends TLS_FALLBACK_SCSV,
nassl alone), transfer (octets). It connects, sends so many octets, reads them back, closes, and answers with one line of JSON:
version, suite, resumed, or error.
"""
import json
import pathlib
import socket
import sys

SESSIONS = {}


def octets(request):
    return bytes((7 * index) & 0xFF for index in range(request.get("transfer", 1000)))


def plain_socket(request):
    plain = socket.create_connection(("127.0.0.1", request["port"]), timeout=60)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plain


def tlslite(request):
    from tlslite.api import TLSConnection, X509CertChain, parsePEMKey
    from tlslite.constants import CipherSuite
    from server import settings
    chain = key = None
    if "cert" in request:
        chain = X509CertChain()
        chain.parsePemList(pathlib.Path(request["cert"]).read_text(encoding="ascii"))
        key = parsePEMKey(pathlib.Path(request["key"]).read_text(encoding="ascii"), private=True,
                          implementations=["python"])
    connection = TLSConnection(plain_socket(request))
    name = request.get("session")
    connection.handshakeClientCert(chain, key, session=SESSIONS.get(name), settings=settings(request["version"]),
                                   serverName="localhost")
    if name:
        SESSIONS[name] = connection.session
    told = {"version": {0: "SSL 3.0", 1: "TLS 1.0", 2: "TLS 1.1"}[connection.version[1]],
            "suite": CipherSuite.ietfNames[connection.session.cipherSuite], "resumed": bool(connection.resumed)}
    data = octets(request)
    connection.sendall(data)
    echoed = b""
    while len(echoed) < len(data):
        more = connection.recv(65536)
        if not more:
            raise ValueError(f"{len(echoed)} of {len(data)} octets came back")
        echoed += more
    if echoed != data:
        raise ValueError("other octets came back")
    connection.close()
    return told


def read(client):
    """All that is there: its own read waits for the socket even when records are left."""
    from nassl._nassl import WantReadError
    received = client.read(65536)
    while True:
        try:
            received += client._ssl.read(65536)
        except WantReadError:
            return received


def nassl(request):
    from nassl.legacy_ssl_client import LegacySslClient
    from nassl.ssl_client import OpenSslVerifyEnum, OpenSslVersionEnum
    versions = {"3.0": OpenSslVersionEnum.SSLV3, "1.0": OpenSslVersionEnum.TLSV1, "1.1": OpenSslVersionEnum.TLSV1_1}
    # Without this a request for a certificate, when there is none, is an error of its own.
    more = {"ignore_client_authentication_requests": True}
    if "cert" in request:
        more = {"client_certificate_chain": pathlib.Path(request["cert"]), "client_key": pathlib.Path(request["key"])}
    client = LegacySslClient(ssl_version=versions[request["version"]], underlying_socket=plain_socket(request),
                             ssl_verify=OpenSslVerifyEnum.NONE, **more)
    client.set_cipher_list("ALL:!aNULL:!eNULL:!EXPORT:!SRP:!PSK")
    name = request.get("session")
    if name in SESSIONS:
        client.set_session(SESSIONS[name])
    if request.get("fallback"):
        client._ssl.set_mode(0x80)
    client.do_handshake()
    told = {"version": {"3.0": "SSL 3.0", "1.0": "TLS 1.0", "1.1": "TLS 1.1"}[request["version"]],
            "suite": client.get_current_cipher_name()}
    data, echoed = octets(request), b""
    # In pieces: more than its buffer holds would have to be written again.
    for start in range(0, len(data), 8192):
        client.write(data[start:start + 8192])
        while len(echoed) < min(start + 8192, len(data)):
            echoed += read(client)
    if echoed != data:
        raise ValueError("other octets came back")
    if name:
        SESSIONS[name] = client.get_session()
    client.shutdown()
    return told


def main():
    connect = {"tlslite": tlslite, "nassl": nassl}[sys.argv[1]]
    for line in sys.stdin:
        try:
            told = connect(json.loads(line))
        except BaseException as error:  # pylint: disable=broad-except
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
