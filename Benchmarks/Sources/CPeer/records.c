// records.c — TLS 1.3 records by libgcrypt from C: RFC 8446 §5.2, §5.3 with nothing around it.
#include "CPeer.h"

#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 5, NONCE = 12 };

struct peer_records {
    gcry_cipher_hd_t cipher;
    uint64_t number;
    size_t tag;
    int is_ccm;
    uint8_t iv[NONCE];
};

peer_records *peer_records_new(peer_suite suite, const uint8_t *key, const uint8_t *iv) {
    static const struct {
        int cipher, mode, key, tag;
    } suites[] = {
        {GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_GCM, 16, 16}, {GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM, 32, 16},
        {GCRY_CIPHER_CHACHA20, GCRY_CIPHER_MODE_POLY1305, 32, 16}, {GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CCM, 16, 16},
        {GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CCM, 16, 8},
    };
    peer_records *records = calloc(1, sizeof *records);
    if (!records) return NULL;
    records->tag = (size_t)suites[suite].tag;
    records->is_ccm = suites[suite].mode == GCRY_CIPHER_MODE_CCM;
    memcpy(records->iv, iv, NONCE);
    if (gcry_cipher_open(&records->cipher, suites[suite].cipher, suites[suite].mode, 0)
        || gcry_cipher_setkey(records->cipher, key, (size_t)suites[suite].key)) {
        peer_records_free(records);
        return NULL;
    }
    return records;
}

void peer_records_free(peer_records *records) {
    if (!records) return;
    gcry_cipher_close(records->cipher);
    free(records);
}

static gcry_error_t begin(peer_records *records, const uint8_t *header, size_t inner) {
    uint8_t nonce[NONCE];
    memcpy(nonce, records->iv, NONCE);
    for (int i = 0; i < 8; i++) nonce[4 + i] ^= (uint8_t)(records->number >> (56 - 8 * i));
    records->number++;
    gcry_error_t error = gcry_cipher_setiv(records->cipher, nonce, NONCE);
    if (!error && records->is_ccm) {
        uint64_t lengths[3] = {inner, HEADER, records->tag};
        error = gcry_cipher_ctl(records->cipher, GCRYCTL_SET_CCM_LENGTHS, lengths, sizeof lengths);
    }
    return error ? error : gcry_cipher_authenticate(records->cipher, header, HEADER);
}

size_t peer_records_seal(peer_records *records, uint8_t *out, const uint8_t *content, size_t count) {
    size_t length = count + 1 + records->tag;
    out[0] = 23;
    out[1] = out[2] = 3;
    out[3] = (uint8_t)(length >> 8);
    out[4] = (uint8_t)length;
    memcpy(out + HEADER, content, count);
    out[HEADER + count] = 23;
    if (begin(records, out, count + 1)) return 0;
    if (gcry_cipher_encrypt(records->cipher, out + HEADER, count + 1, NULL, 0)) return 0;
    if (gcry_cipher_gettag(records->cipher, out + HEADER + count + 1, records->tag)) return 0;
    return HEADER + length;
}

size_t peer_records_seal_many(peer_records *records, uint8_t *out, const uint8_t *content, size_t count, int times) {
    size_t length = 0;
    for (int i = 0; i < times; i++) length = peer_records_seal(records, out, content, count);
    return length;
}

int peer_records_open_many(peer_records *records, uint8_t *bytes, size_t count) {
    int opened = 0;
    while (count >= HEADER) {
        size_t length = (size_t)bytes[3] << 8 | bytes[4];
        if (bytes[0] != 23 || length > 16640 || length > count - HEADER || length < records->tag) return -1;
        size_t inner = length - records->tag;
        if (begin(records, bytes, inner)) return -1;
        if (gcry_cipher_decrypt(records->cipher, bytes + HEADER, inner, NULL, 0)) return -1;
        if (gcry_cipher_checktag(records->cipher, bytes + HEADER + inner, records->tag)) return -1;
        while (inner > 0 && bytes[HEADER + inner - 1] == 0) inner--;
        if (inner == 0 || bytes[HEADER + inner - 1] != 23) return -1;
        bytes += HEADER + length;
        count -= HEADER + length;
        opened++;
    }
    return opened;
}
