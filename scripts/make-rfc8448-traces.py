#!/usr/bin/env python3
"""Writes TestVectors/rfc8448/traces.txt: the numbers of RFC 8448's traces, in the project's own layout.

    scripts/make-rfc8448-traces.py TRANSCRIPTS           write the file
    scripts/make-rfc8448-traces.py TRANSCRIPTS --check   compare with what is there; exit 1 when it differs

TRANSCRIPTS is a transcription of the RFC's records and private keys (../shared/vectors/rfc8448/transcripts.vec). Messages and
secrets follow from them: every record is opened here with PyPI's `cryptography`, every Finished is checked.
"""
import argparse
import hashlib
import importlib.util
import pathlib
import sys

sys.dont_write_bytecode = True
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCRIPTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(SCRIPTS))
FILE = SCRIPTS.parent / "TestVectors" / "rfc8448" / "traces.txt"
spec = importlib.util.spec_from_file_location("vectors", SCRIPTS / "make-primitive-vectors.py")
vectors = importlib.util.module_from_spec(spec)
spec.loader.exec_module(vectors)

TRACES = {
    "Simple_1RTT_Handshake": "Simple 1-RTT Handshake, RFC 8448 §3",
    "Resumed_0RTT_Handshake": "Resumed 0-RTT Handshake, RFC 8448 §4",
    "HelloRetryRequest_Handshake": "HelloRetryRequest, RFC 8448 §5",
    "Client_Authentication_Handshake": "Client Authentication, RFC 8448 §6",
    "Middlebox_Compatibility_Mode": "Compatibility Mode, RFC 8448 §7",
}
MESSAGES = {8: "encrypted_extensions", 13: "certificate_request", 11: "certificate", 15: "certificate_verify", 20: "finished"}
HASH = "sha256"
# The transcription leaves server_name out of the EncryptedExtensions of §4; this is the RFC's record. That client Finished and
# application data follow from it is checked.
RESUMED_SERVER_FLIGHT = bytes.fromhex(
    "1703030061dc48237b4b879f50d0d4d262ea8b4716eb40ddc1eb957e11126e8a7149c2d012d37a7115957e64ce30008b9e0323f2c05a9c1c77"
    "b4f37849a695ab255060a33fee770ca95cb8486bfd0843b87024865ca35cc41c4e515c64dcb1369f98635bc7a5")


def transcripts(path):
    sections, fields = {}, {}
    for line in map(str.strip, path.read_text().splitlines()):
        if line.startswith("["):
            fields = sections.setdefault(line[1:-1], {})
        elif "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            try:
                fields[name.strip()] = bytes.fromhex(value.replace(" ", ""))
            except ValueError:
                pass
    return sections


def split(data, header, length_at):
    parts = []
    while data:
        end = header + int.from_bytes(data[length_at:header], "big")
        parts.append(data[:end])
        data = data[end:]
    return parts


def digest(*messages):
    return hashlib.new(HASH, b"".join(messages)).digest()


class Direction:
    """The records of one direction under one traffic secret."""

    def __init__(self, secret):
        self.key = vectors.expand_label(HASH, secret, "key", b"", 16)
        self.iv = vectors.expand_label(HASH, secret, "iv", b"", 12)
        self.finished = vectors.expand_label(HASH, secret, "finished", b"", 32)
        self.sequence = 0

    def open(self, record):
        nonce = bytes(a ^ b for a, b in zip(self.iv, self.sequence.to_bytes(12, "big")))
        self.sequence += 1
        inner = AESGCM(self.key).decrypt(nonce, record[5:], record[:5]).rstrip(b"\x00")
        return inner[-1], inner[:-1]

    def flight(self, records, transcript):
        """The handshake messages in `records`; the last is a Finished, checked and added to the transcript with the rest."""
        content = b""
        for record in split(records, 5, 3):
            if record[0] == 20:
                continue
            kind, part = self.open(record)
            assert kind == 22
            content += part
        messages = split(content, 4, 1)
        assert messages[-1][4:] == vectors.mac(HASH, self.finished, digest(*transcript, *messages[:-1]))
        transcript += messages
        return {MESSAGES[message[0]]: message for message in messages}


def shared_secret(trace, hello, out):
    """The client's private keys follow its random (and session identifier) in its random pool."""
    client = trace["Client_RNG_Pool"]
    if b"\x00\x17\x00\x41" in hello:
        point = hello[hello.index(b"\x00\x17\x00\x41") + 4:][:65]
        out["client_private_key"], out["client_private_key_2"] = client[32:64], client[64:96]
        mine = ec.derive_private_key(int.from_bytes(client[64:96], "big"), ec.SECP256R1())
        return mine.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    share = hello[hello.index(b"\x00\x1d\x00\x20") + 4:][:32]
    at = 32 + hello[38]  # after the random and, in compatibility mode, the session identifier
    out["client_private_key"] = client[at:at + 32]
    mine = x25519.X25519PrivateKey.from_private_bytes(client[at:at + 32])
    return mine.exchange(x25519.X25519PublicKey.from_public_bytes(share))


def check_binder(hello, psk):
    """The last 33 octets of the ClientHello are the length and the value of its one binder; two more say theirs."""
    early = vectors.extract(HASH, b"", psk)
    finished = vectors.expand_label(HASH, vectors.derive(HASH, early, "res binder", digest()), "finished", b"", 32)
    assert hello[-32:] == vectors.mac(HASH, finished, digest(hello[:-35]))
    return hello[-32:]


def read(trace, ticket_psk=None):
    """The numbers of one trace; `ticket_psk` is that of the trace it may resume."""
    out = {}
    psk = ticket_psk if "Record_Client_EarlyAppData" in trace else None
    transcript = [trace["Record_ClientHello_1"][5:]]
    out["record_client_hello"] = trace["Record_ClientHello_1"]
    if "Record_ClientHello_2" in trace:
        retry, second = trace["Record_HelloRetryRequest"], trace["Record_ClientHello_2"]
        out["record_hello_retry_request"], out["record_client_hello_2"] = retry, second
        transcript = [b"\xfe\x00\x00\x20" + digest(*transcript), retry[5:], second[5:]]
    early = vectors.extract(HASH, b"", psk or bytes(32))
    secrets, keys, resumed = {}, {}, None
    if psk:
        out["psk"], out["psk_binder"] = psk, check_binder(transcript[0], psk)
        secrets["client_early_traffic_secret"] = vectors.derive(HASH, early, "c e traffic", digest(*transcript))
        secrets["early_exporter_secret"] = vectors.derive(HASH, early, "e exp master", digest(*transcript))
        keys["client_early"] = resumed = Direction(secrets["client_early_traffic_secret"])
        out["client_early_data"] = trace["Client_EarlyAppData"]
        out["record_client_early_data"] = trace["Record_Client_EarlyAppData"]
        assert resumed.open(out["record_client_early_data"]) == (23, out["client_early_data"])
    hello = trace["Record_ServerHello"][5:]
    transcript.append(hello)
    out["record_server_hello"] = trace["Record_ServerHello"]
    shared = shared_secret(trace, hello, out)
    empty = digest()
    handshake = vectors.extract(HASH, vectors.derive(HASH, early, "derived", empty), shared)
    main = vectors.extract(HASH, vectors.derive(HASH, handshake, "derived", empty), bytes(32))
    secrets |= {"shared_secret": shared, "early_secret": early, "handshake_secret": handshake, "main_secret": main}

    def derive(name, secret, label, *messages):
        secrets[name] = vectors.derive(HASH, secret, label, digest(*messages))
        return Direction(secrets[name])
    client = derive("client_handshake_traffic_secret", handshake, "c hs traffic", *transcript)
    server = derive("server_handshake_traffic_secret", handshake, "s hs traffic", *transcript)
    keys |= {"client_handshake": client, "server_handshake": server}
    out["records_server_flight"] = RESUMED_SERVER_FLIGHT if psk else trace["Record_ServerHandshakeMessages"]
    out["records_client_flight"] = trace["Record_ClientFinished"]
    messages = {f"server_{name}": value for name, value in server.flight(out["records_server_flight"], transcript).items()}
    keys["client_application"] = up = derive("client_application_traffic_secret", main, "c ap traffic", *transcript)
    keys["server_application"] = down = derive("server_application_traffic_secret", main, "s ap traffic", *transcript)
    derive("exporter_secret", main, "exp master", *transcript)
    own = out["records_client_flight"]
    if resumed:
        end, *rest = split(own, 5, 3)
        own, out["record_end_of_early_data"] = b"".join(rest), end
        assert resumed.open(end) == (22, b"\x05\x00\x00\x00")
        messages["client_end_of_early_data"] = b"\x05\x00\x00\x00"
        transcript.append(messages["client_end_of_early_data"])
    messages |= {f"client_{name}": value for name, value in client.flight(own, transcript).items()}
    derive("resumption_secret", main, "res master", *transcript)
    if "Record_NewSessionTicket" in trace:
        out["record_new_session_ticket"] = trace["Record_NewSessionTicket"]
        kind, messages["new_session_ticket"] = down.open(trace["Record_NewSessionTicket"])
        nonce = messages["new_session_ticket"][13:][:messages["new_session_ticket"][12]]
        secrets["ticket_psk"] = vectors.expand_label(HASH, secrets["resumption_secret"], "resumption", nonce, 32)
    for side, direction in (("Client", up), ("Server", down)):
        if f"{side}_AppData" in trace:
            out[f"record_{side.lower()}_data"] = record = trace[f"Record_{side}_AppData"]
            out[f"{side.lower()}_data"] = trace[f"{side}_AppData"]
            assert direction.open(record) == (23, trace[f"{side}_AppData"])
        out[f"record_{side.lower()}_close"] = record = trace[f"Record_{side}_CloseNotify"]
        assert direction.open(record) == (21, b"\x01\x00")
    out |= messages | secrets
    for name, direction in keys.items():
        out[f"{name}_key"], out[f"{name}_iv"] = direction.key, direction.iv
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcripts", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file differs")
    arguments = parser.parse_args()
    sections = transcripts(arguments.transcripts)
    text = "# The numbers of RFC 8448's traces; SOURCE.md says what the names mean.\n"
    ticket_psk = None
    for name, title in TRACES.items():
        text += f"\n[{title}]\n"
        numbers = read(sections[name], ticket_psk)
        ticket_psk = numbers.get("ticket_psk", ticket_psk)
        text += "".join(f"{field} = {value.hex()}\n" for field, value in numbers.items())
    if arguments.check:
        sys.exit(0 if FILE.exists() and FILE.read_text() == text else "TestVectors/rfc8448/traces.txt differs")
    FILE.write_text(text)
    print(f"{FILE.name}: {len(TRACES)} traces, {len(text)} octets")


if __name__ == "__main__":
    main()
