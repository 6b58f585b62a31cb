// CPeer.h — what the library is measured against: libgcrypt called from C, OpenSSL through memory BIOs; and the counter
// of allocations and the clock they share.
#ifndef CPEER_H
#define CPEER_H

#include <stddef.h>
#include <stdint.h>

// The clock and the counter, both of the calling thread.

/// CPU time: what other processes do does not count.
uint64_t peer_nanoseconds(void);
/// Seconds since 1970-01-01T00:00:00Z.
int64_t peer_unix_seconds(void);
/// Calls of malloc, calloc, realloc, posix_memalign and aligned_alloc since the thread began.
uint64_t peer_allocations(void);
/// Octets of the heap that are in use.
int64_t peer_heap_bytes(void);

// Records by libgcrypt from C, -O2, the least a record layer has to do: header, type, nonce, the cipher's calls.

typedef enum { PEER_AES_128_GCM, PEER_AES_256_GCM, PEER_CHACHA20_POLY1305, PEER_AES_128_CCM, PEER_AES_128_CCM_8 } peer_suite;
typedef struct peer_records peer_records;

/// One direction under one key. NULL when libgcrypt refuses.
peer_records *peer_records_new(peer_suite suite, const uint8_t *key, const uint8_t *iv);
void peer_records_free(peer_records *records);
/// Copies `content` behind a header at `out` and seals it there. Returns the length of the record, 0 on failure.
size_t peer_records_seal(peer_records *records, uint8_t *out, const uint8_t *content, size_t count);
/// The same `times` times over the same `out`.
size_t peer_records_seal_many(peer_records *records, uint8_t *out, const uint8_t *content, size_t count, int times);
/// Opens the records that lie one behind the other in `bytes`, in place. Returns how many, -1 when one fails.
int peer_records_open_many(peer_records *records, uint8_t *bytes, size_t count);

// OpenSSL.

/// A leaf for `localhost`, an authority between and a root, all with keys of one type: RSA-2048 or P-256. NULL on failure.
typedef struct peer_chain peer_chain;
peer_chain *peer_chain_new(const char *key_type);
void peer_chain_free(peer_chain *chain);
/// DER of the leaf (0), the authority (1) or the root (2); it lives as long as the chain.
const uint8_t *peer_chain_certificate(const peer_chain *chain, int index, size_t *count);
/// Nanoseconds in which OpenSSL parses leaf and authority and validates them for `localhost` with a store that holds the
/// root; 0 on failure.
uint64_t peer_chain_nanoseconds(const peer_chain *chain);

typedef struct peer_server peer_server;
typedef struct peer_session peer_session;

const char *peer_openssl_version(void);
/// A server for `localhost` with a fresh CA and a leaf under it, both of `key_type`: RSA-2048, P-256 or Ed25519.
/// `suite` is OpenSSL's name of a suite of the version. A server that `resumes` gives tickets. NULL on failure.
peer_server *peer_server_new(const char *key_type, const char *suite, int is_tls12, int resumes);
void peer_server_free(peer_server *server);
/// The CA's certificate, DER. Returns its length.
size_t peer_server_anchor(const peer_server *server, uint8_t *out, size_t room);
/// A signature by the leaf's key as CertificateVerify has it, and by the CA's key as a certificate has it.
size_t peer_server_sign(
    const peer_server *server, int by_anchor, const uint8_t *message, size_t count, uint8_t *out, size_t room);
/// The leaf's certificate, DER. Returns its length.
size_t peer_server_leaf(const peer_server *server, uint8_t *out, size_t room);

/// The leaf's private key, PEM. Returns its length.
size_t peer_server_leaf_key(const peer_server *server, uint8_t *out, size_t room);

/// One end of a connection: the server's, or when `is_client` is not 0 that of a client which trusts the server's CA.
peer_session *peer_session_new(peer_server *server, int is_client);
void peer_session_free(peer_session *session);
/// Octets from the other end.
int peer_session_feed(peer_session *session, const uint8_t *bytes, size_t count);
/// Octets for the other end. Returns how many.
size_t peer_session_drain(peer_session *session, uint8_t *out, size_t room);
/// Goes on with the handshake. 1 when it is done, 0 when it needs octets, -1 when it failed.
int peer_session_handshake(peer_session *session);
/// Has a client's session resume what the last handshake of a server that `resumes` left, before it begins. 0 when there
/// is nothing.
int peer_session_resume(peer_server *server, peer_session *session);
int peer_session_is_resumed(const peer_session *session);
int peer_session_write(peer_session *session, const uint8_t *bytes, size_t count);
/// Reads what there is, at most `room`. Returns how many octets, -1 on failure.
int peer_session_read(peer_session *session, uint8_t *out, size_t room);

/// A handshake of OpenSSL with itself: a full one, or from the second on a resumed one with a server that resumes.
/// Returns the client's CPU time in nanoseconds, 0 on failure.
uint64_t peer_handshake_nanoseconds(peer_server *server);
/// The same; returns the server's CPU time.
uint64_t peer_accepting_nanoseconds(peer_server *server);
/// SSL_CTX_new, a certificate store that is loaded already, SSL_CTX_free, `times` times. Returns nanoseconds.
uint64_t peer_contexts_nanoseconds(peer_server *server, int times);

#endif
