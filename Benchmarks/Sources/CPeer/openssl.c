// openssl.c — OpenSSL as the peer: servers with fresh certificates, sessions over memory BIOs.
#include "CPeer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct peer_server {
    SSL_CTX *server, *client;
    X509 *anchor, *leaf;
    EVP_PKEY *anchor_key, *leaf_key;
    X509_STORE *store;
    SSL_SESSION *session;  // the client's, of its last handshake
};

struct peer_session {
    SSL *ssl;
    BIO *in, *out;
};

const char *peer_openssl_version(void) { return OpenSSL_version(OPENSSL_VERSION); }

static EVP_PKEY *make_key(const char *type) {
    if (strcmp(type, "RSA-2048") == 0) return EVP_RSA_gen(2048);
    if (strcmp(type, "P-256") == 0) return EVP_EC_gen("P-256");
    if (strcmp(type, "Ed25519") == 0) return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return NULL;
}

static const EVP_MD *digest_for(EVP_PKEY *key) { return EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256(); }

static int add_extension(X509 *certificate, int nid, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    int done = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

static X509 *make_certificate(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key) {
    X509 *certificate = X509_new();
    if (!certificate) return NULL;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject);
    int done = issuer ? add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE")
                            && add_extension(certificate, NID_key_usage, "critical,digitalSignature")
                            && add_extension(certificate, NID_ext_key_usage, "serverAuth")
                            && add_extension(certificate, NID_subject_alt_name, "DNS:localhost")
                      : add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE")
                            && add_extension(certificate, NID_key_usage, "critical,keyCertSign");
    if (!done || !X509_sign(certificate, issuer_key, digest_for(issuer_key))) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

// SSL_CTX_sess_set_new_cb: a session that can be resumed has come; its owner is the server's structure.
static int keep_session(SSL *ssl, SSL_SESSION *session) {
    peer_server *server = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
    SSL_SESSION_free(server->session);
    server->session = session;
    return 1;
}

peer_server *peer_server_new(const char *key_type, const char *suite, int is_tls12, int resumes) {
    peer_server *server = calloc(1, sizeof *server);
    if (!server) return NULL;
    server->anchor_key = make_key(key_type);
    server->leaf_key = make_key(key_type);
    if (server->anchor_key && server->leaf_key) {
        server->anchor = make_certificate(server->anchor_key, "Benchmark CA", NULL, server->anchor_key);
        if (server->anchor)
            server->leaf = make_certificate(server->leaf_key, "localhost", server->anchor, server->anchor_key);
    }
    server->server = SSL_CTX_new(TLS_server_method());
    server->client = SSL_CTX_new(TLS_client_method());
    server->store = X509_STORE_new();
    if (!server->leaf || !server->server || !server->client || !server->store
        || !X509_STORE_add_cert(server->store, server->anchor)) {
        peer_server_free(server);
        return NULL;
    }
    SSL_CTX *both[] = {server->server, server->client};
    for (int i = 0; i < 2; i++) {
        int version = is_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
        SSL_CTX_set_min_proto_version(both[i], version);
        SSL_CTX_set_max_proto_version(both[i], version);
        if (is_tls12)
            SSL_CTX_set_cipher_list(both[i], suite);
        else
            SSL_CTX_set_ciphersuites(both[i], suite);
        // P-256 because TLS 1.2 also wants the curve of the certificate there.
        SSL_CTX_set1_groups_list(both[i], "X25519:P-256");
        SSL_CTX_set_session_cache_mode(both[i], SSL_SESS_CACHE_OFF);
    }
    SSL_CTX_set_num_tickets(server->server, resumes ? 1 : 0);
    if (resumes) {
        SSL_CTX_set_ex_data(server->client, 0, server);
        SSL_CTX_set_session_cache_mode(server->client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(server->client, keep_session);
    }
    SSL_CTX_use_certificate(server->server, server->leaf);
    SSL_CTX_use_PrivateKey(server->server, server->leaf_key);
    SSL_CTX_set1_cert_store(server->client, server->store);
    SSL_CTX_set_verify(server->client, SSL_VERIFY_PEER, NULL);
    return server;
}

void peer_server_free(peer_server *server) {
    if (!server) return;
    SSL_SESSION_free(server->session);
    SSL_CTX_free(server->server);
    SSL_CTX_free(server->client);
    X509_STORE_free(server->store);
    X509_free(server->anchor);
    X509_free(server->leaf);
    EVP_PKEY_free(server->anchor_key);
    EVP_PKEY_free(server->leaf_key);
    free(server);
}

static size_t der_of(X509 *certificate, uint8_t *out, size_t room) {
    int length = i2d_X509(certificate, NULL);
    if (length < 0 || (size_t)length > room) return 0;
    return (size_t)i2d_X509(certificate, &out);
}

size_t peer_server_anchor(const peer_server *server, uint8_t *out, size_t room) {
    return der_of(server->anchor, out, room);
}

size_t peer_server_leaf(const peer_server *server, uint8_t *out, size_t room) {
    return der_of(server->leaf, out, room);
}

size_t peer_server_leaf_key(const peer_server *server, uint8_t *out, size_t room) {
    BIO *bio = BIO_new(BIO_s_mem());
    int count = 0;
    if (bio && PEM_write_bio_PrivateKey(bio, server->leaf_key, NULL, NULL, 0, NULL, NULL))
        count = BIO_read(bio, out, (int)room);
    BIO_free(bio);
    return count > 0 ? (size_t)count : 0;
}

size_t peer_server_sign(
    const peer_server *server, int by_anchor, const uint8_t *message, size_t count, uint8_t *out, size_t room) {
    EVP_PKEY *key = by_anchor ? server->anchor_key : server->leaf_key;
    EVP_PKEY_CTX *parameters = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = room;
    int done = context && EVP_DigestSignInit(context, &parameters, digest_for(key), NULL, key) == 1;
    // A certificate by an RSA key is signed with PKCS #1 v1.5, CertificateVerify with PSS.
    if (done && !by_anchor && EVP_PKEY_is_a(key, "RSA"))
        done = EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1;
    done = done && EVP_DigestSign(context, out, &length, message, count) == 1;
    EVP_MD_CTX_free(context);
    return done ? length : 0;
}

peer_session *peer_session_new(peer_server *server, int is_client) {
    peer_session *session = calloc(1, sizeof *session);
    if (!session) return NULL;
    session->ssl = SSL_new(is_client ? server->client : server->server);
    session->in = BIO_new(BIO_s_mem());
    session->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(session->in, -1);
    BIO_set_mem_eof_return(session->out, -1);
    SSL_set_bio(session->ssl, session->in, session->out);
    if (is_client) {
        SSL_set_connect_state(session->ssl);
        SSL_set_tlsext_host_name(session->ssl, "localhost");
        SSL_set1_host(session->ssl, "localhost");
    } else {
        SSL_set_accept_state(session->ssl);
    }
    return session;
}

void peer_session_free(peer_session *session) {
    if (!session) return;
    // Without it OpenSSL takes the end for a truncation, and the session for one that must not be resumed.
    SSL_set_shutdown(session->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(session->ssl);
    free(session);
}

int peer_session_feed(peer_session *session, const uint8_t *bytes, size_t count) {
    return count == 0 || BIO_write(session->in, bytes, (int)count) == (int)count;
}

size_t peer_session_drain(peer_session *session, uint8_t *out, size_t room) {
    int count = BIO_read(session->out, out, (int)room);
    return count > 0 ? (size_t)count : 0;
}

int peer_session_handshake(peer_session *session) {
    int result = SSL_do_handshake(session->ssl);
    if (result == 1) return 1;
    if (SSL_get_error(session->ssl, result) == SSL_ERROR_WANT_READ) return 0;
    ERR_print_errors_fp(stderr);
    return -1;
}

int peer_session_write(peer_session *session, const uint8_t *bytes, size_t count) {
    return SSL_write(session->ssl, bytes, (int)count);
}

int peer_session_read(peer_session *session, uint8_t *out, size_t room) {
    size_t total = 0;
    while (total < room) {
        int count = SSL_read(session->ssl, out + total, (int)(room - total));
        if (count <= 0) {
            if (SSL_get_error(session->ssl, count) == SSL_ERROR_WANT_READ) break;
            ERR_print_errors_fp(stderr);
            return -1;
        }
        total += (size_t)count;
    }
    return (int)total;
}

static void move(peer_session *from, peer_session *to) {
    uint8_t bytes[16384];
    size_t count;
    while ((count = peer_session_drain(from, bytes, sizeof bytes)) > 0) peer_session_feed(to, bytes, count);
}

int peer_session_resume(peer_server *server, peer_session *session) {
    return server->session && SSL_set_session(session->ssl, server->session);
}

int peer_session_is_resumed(const peer_session *session) { return SSL_session_reused(session->ssl); }

// Runs one handshake and adds up what each side took.
static int handshake(peer_server *server, uint64_t *client, uint64_t *accepting) {
    uint64_t start = peer_nanoseconds();
    peer_session *far = peer_session_new(server, 0);
    *accepting = peer_nanoseconds() - start;
    start = peer_nanoseconds();
    peer_session *near = peer_session_new(server, 1);
    int resumes = peer_session_resume(server, near);
    int done = peer_session_handshake(near);
    *client = peer_nanoseconds() - start;
    int accepted = 0;
    for (int turn = 0; done == 0 && turn < 4; turn++) {
        move(near, far);
        start = peer_nanoseconds();
        accepted = peer_session_handshake(far);
        *accepting += peer_nanoseconds() - start;
        if (accepted < 0) break;
        move(far, near);
        start = peer_nanoseconds();
        done = peer_session_handshake(near);
        *client += peer_nanoseconds() - start;
    }
    move(near, far);
    start = peer_nanoseconds();
    if (accepted == 0) accepted = peer_session_handshake(far);
    *accepting += peer_nanoseconds() - start;
    if (resumes && !SSL_session_reused(near->ssl)) done = 0;
    // TLS 1.3's ticket comes after the handshake; taking it is not measured.
    uint8_t none;
    move(far, near);
    SSL_read(near->ssl, &none, 1);
    start = peer_nanoseconds();
    peer_session_free(near);
    *client += peer_nanoseconds() - start;
    start = peer_nanoseconds();
    peer_session_free(far);
    *accepting += peer_nanoseconds() - start;
    return done == 1 && accepted == 1;
}

uint64_t peer_handshake_nanoseconds(peer_server *server) {
    uint64_t client, accepting;
    return handshake(server, &client, &accepting) ? client : 0;
}

uint64_t peer_accepting_nanoseconds(peer_server *server) {
    uint64_t client, accepting;
    return handshake(server, &client, &accepting) ? accepting : 0;
}

uint64_t peer_contexts_nanoseconds(peer_server *server, int times) {
    uint64_t start = peer_nanoseconds();
    for (int i = 0; i < times; i++) {
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set1_cert_store(context, server->store);
        SSL_CTX_free(context);
    }
    return peer_nanoseconds() - start;
}
