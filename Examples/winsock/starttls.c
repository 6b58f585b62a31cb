/* starttls.c - a connection that begins in plain text and goes on with TLS: SMTP's STARTTLS (RFC 3207).
 *
 * Usage: starttls ADDRESS PORT NAME [CA-FILE]
 */
#include <arpa/inet.h>
#include <securewinsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, SOCKET s)
{
    int code = WSAGetLastError();
    char text[1024] = "";
    WSAIoctl(s, SO_SSL_GET_ERROR_TEXT, NULL, 0, text, sizeof text, NULL, NULL, NULL);
    fprintf(stderr, "%s: error %d%s%s\n", what, code, *text ? ": " : "", text);
    return EXIT_FAILURE;
}

/* Reads one reply, all its lines; its code, or 0. Not an octet more: what follows may not be plain text. */
static int reply(SOCKET s)
{
    char line[512];
    for (;;) {
        size_t length = 0;
        while (length < sizeof line - 1) {
            if (recv(s, line + length, 1, 0) != 1) return 0;
            if (line[length++] == '\n') break;
        }
        line[length] = 0;
        printf("< %s", line);
        if (length > 3 && line[3] != '-') return atoi(line);
    }
}

static int command(SOCKET s, const char *text)
{
    printf("> %s", text);
    return send(s, text, (int)strlen(text), 0) < 0 ? 0 : reply(s);
}

int main(int argc, char **argv)
{
    WSADATA data;
    WSAPROTOCOL_INFO list[16], *provider = NULL;
    DWORD size = sizeof list, flags = SSL_FLAG_ENABLE | SSL_FLAG_DEFER_HANDSHAKE;
    struct sockaddr_in address = {0};
    int count, i;
    SOCKET s;

    if (argc < 4) {
        fprintf(stderr, "Usage: starttls ADDRESS PORT NAME [CA-FILE]\n");
        return 2;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return EXIT_FAILURE;
    count = WSAEnumProtocols(NULL, list, &size);
    for (i = 0; i < count; i++)
        if (list[i].iSecurityScheme == SECURITY_PROTOCOL_SSL && list[i].iAddressFamily == AF_INET) provider = &list[i];
    if (provider == NULL) return fail("no secure provider", INVALID_SOCKET);

    s = WSASocket(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, provider, 0, 0);
    if (s == INVALID_SOCKET) return fail("WSASocket", s);
    /* Connect without a handshake; it comes when both sides have agreed to it. */
    if (WSAIoctl(s, SO_SSL_SET_FLAGS, &flags, sizeof flags, NULL, 0, NULL, NULL, NULL) != 0)
        return fail("SO_SSL_SET_FLAGS", s);
    if (argc > 4) {
        SSLTRUST trust = {SSL_TYPE_FILE, 0, {(ULONG)strlen(argv[4]), (BYTE *)argv[4]}};
        if (WSAIoctl(s, SO_SSL_SET_TRUST, &trust, sizeof trust, NULL, 0, NULL, NULL, NULL) != 0)
            return fail("SO_SSL_SET_TRUST", s);
    }
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[2]));
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) return 2;
    if (WSAConnect(s, (struct sockaddr *)&address, sizeof address, NULL, NULL, NULL, NULL) != 0)
        return fail("WSAConnect", s);

    if (reply(s) != 220 || command(s, "EHLO localhost\r\n") != 250) return fail("greeting", s);
    if (command(s, "STARTTLS\r\n") != 220) return fail("STARTTLS", s);
    if (WSAIoctl(s, SO_SSL_PERFORM_HANDSHAKE, argv[3], (DWORD)strlen(argv[3]) + 1, NULL, 0, NULL, NULL, NULL) != 0)
        return fail("SO_SSL_PERFORM_HANDSHAKE", s);
    printf("= the connection is secure, and the server is %s\n", argv[3]);

    if (command(s, "EHLO localhost\r\n") != 250 || command(s, "QUIT\r\n") != 221) return fail("EHLO", s);
    closesocket(s);
    WSACleanup();
    return EXIT_SUCCESS;
}
