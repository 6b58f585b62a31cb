// chain.c — OpenSSL as the peer: a chain of three fresh certificates, parsed and validated.
#include "CPeer.h"

#include <openssl/conf.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum { LEAF, ISSUING, ROOT, COUNT };

struct peer_chain {
    uint8_t *der[COUNT];
    int length[COUNT];
    X509_STORE *store;
};

static int add(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    // Policies are looked up in a configuration even when their value names none of its sections.
    CONF *configuration = NCONF_new(NULL);
    if (!configuration) return 0;
    X509V3_set_nconf(&context, configuration);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    NCONF_free(configuration);
    int done = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

static X509 *make(int which, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key) {
    static const char *const names[COUNT] = {"a leaf", "an issuing authority", "a root"};
    X509 *certificate = X509_new();
    if (!certificate) return NULL;
    if (!issuer) issuer = certificate;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), COUNT - which);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const unsigned char *)"Example Trust Services", -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)names[which], -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    int done = add(certificate, issuer, NID_subject_key_identifier, "hash")
               && add(certificate, issuer, NID_authority_key_identifier, "keyid");
    if (which == LEAF) {
        done = done && add(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE")
               && add(certificate, issuer, NID_key_usage, "critical,digitalSignature")
               && add(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth")
               && add(certificate, issuer, NID_certificate_policies, "2.23.140.1.2.1")
               && add(certificate, issuer, NID_subject_alt_name, "DNS:www.example.org,DNS:localhost");
    } else {
        done = done && add(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE")
               && add(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    if (!done || !X509_sign(certificate, issuer_key, EVP_sha256())) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

peer_chain *peer_chain_new(const char *key_type) {
    peer_chain *chain = calloc(1, sizeof *chain);
    EVP_PKEY *keys[COUNT] = {NULL};
    X509 *certificates[COUNT] = {NULL};
    int done = chain != NULL;
    for (int which = ROOT; done && which >= LEAF; which--) {
        keys[which] = key_type[0] == 'R' ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
        int above = which == ROOT ? ROOT : which + 1;
        certificates[which] = keys[which] ? make(which, keys[which], certificates[above], keys[above]) : NULL;
        done = certificates[which] != NULL;
        if (done) chain->length[which] = i2d_X509(certificates[which], &chain->der[which]);
        done = done && chain->length[which] > 0;
    }
    if (done) chain->store = X509_STORE_new();
    done = done && chain->store && X509_STORE_add_cert(chain->store, certificates[ROOT]);
    for (int which = LEAF; which < COUNT; which++) {
        EVP_PKEY_free(keys[which]);
        X509_free(certificates[which]);
    }
    if (done) return chain;
    peer_chain_free(chain);
    return NULL;
}

void peer_chain_free(peer_chain *chain) {
    if (!chain) return;
    for (int which = LEAF; which < COUNT; which++) OPENSSL_free(chain->der[which]);
    X509_STORE_free(chain->store);
    free(chain);
}

const uint8_t *peer_chain_certificate(const peer_chain *chain, int index, size_t *count) {
    if (index < 0 || index >= COUNT) return NULL;
    *count = (size_t)chain->length[index];
    return chain->der[index];
}

uint64_t peer_chain_nanoseconds(const peer_chain *chain) {
    uint64_t start = peer_nanoseconds();
    const uint8_t *leaf_der = chain->der[LEAF], *issuing_der = chain->der[ISSUING];
    X509 *leaf = d2i_X509(NULL, &leaf_der, chain->length[LEAF]);
    X509 *issuing = d2i_X509(NULL, &issuing_der, chain->length[ISSUING]);
    STACK_OF(X509) *others = sk_X509_new_null();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int done = leaf && issuing && others && context && sk_X509_push(others, issuing)
               && X509_STORE_CTX_init(context, chain->store, leaf, others);
    if (done) {
        X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
        done = X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER)
               && X509_VERIFY_PARAM_set1_host(parameters, "localhost", 0) && X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    sk_X509_free(others);
    X509_free(issuing);
    X509_free(leaf);
    return done ? peer_nanoseconds() - start : 0;
}
