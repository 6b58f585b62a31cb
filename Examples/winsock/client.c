/* client.c - a secure client in six calls: start, enumerate, select, configure, connect, talk.
 *
 * Usage: client ADDRESS PORT [NAME [CA-FILE]]
 *
 * Sends "GET / HTTP/1.0" and prints what comes back. The server has to prove NAME, or ADDRESS when there is none, by a
 * certificate that leads to an authority of CA-FILE, or of the machine's own store.
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

/* The first entry of the catalogue that is TLS over TCP and IPv4. */
static int find_provider(WSAPROTOCOL_INFO *found)
{
    DWORD size = 0;
    int count, i, result = 0;
    WSAPROTOCOL_INFO *list;

    WSAEnumProtocols(NULL, NULL, &size);
    list = LocalAlloc(LPTR, size);
    if (list == NULL) return 0;
    count = WSAEnumProtocols(NULL, list, &size);
    for (i = 0; i < count && !result; i++) {
        if (list[i].iProtocol == IPPROTO_TCP && list[i].iSecurityScheme == SECURITY_PROTOCOL_SSL &&
            list[i].iAddressFamily == AF_INET) {
            *found = list[i];
            result = 1;
        }
    }
    LocalFree(list);
    return result;
}

int main(int argc, char **argv)
{
    WSADATA data;
    WSAPROTOCOL_INFO provider;
    SSLCLIENTOPTS options;
    SSLCONNECTIONINFO info;
    SSLSESSIONINFO session;
    struct sockaddr_in address = {0};
    char request[256], reply[4096];
    struct timeval patience = {60, 0};
    fd_set readable;
    int count;
    SOCKET s;

    if (argc < 3) {
        fprintf(stderr, "Usage: client ADDRESS PORT [NAME [CA-FILE]]\n");
        return 2;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return EXIT_FAILURE;
    if (!find_provider(&provider)) return fail("no secure provider", INVALID_SOCKET);
    printf("provider: %s\n", provider.szProtocol);

    s = WSASocket(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &provider, 0, 0);
    if (s == INVALID_SOCKET) return fail("WSASocket", s);

    /* Sessions may be resumed for ten minutes; everything else stays as it is. */
    if (WSAIoctl(s, SO_SSL_GET_CLIENT_OPTS, NULL, 0, &options, sizeof options, NULL, NULL, NULL) != 0)
        return fail("SO_SSL_GET_CLIENT_OPTS", s);
    options.CacheTimeout = 600;
    if (WSAIoctl(s, SO_SSL_SET_CLIENT_OPTS, &options, sizeof options, NULL, 0, NULL, NULL, NULL) != 0)
        return fail("SO_SSL_SET_CLIENT_OPTS", s);
    if (argc > 3 &&
        WSAIoctl(s, SO_SSL_SET_PEERNAME, argv[3], (DWORD)strlen(argv[3]) + 1, NULL, 0, NULL, NULL, NULL) != 0)
        return fail("SO_SSL_SET_PEERNAME", s);
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

    /* From here on it is a socket like any other. */
    if (WSAIoctl(s, SO_SSL_GET_CONNECTION_INFO, NULL, 0, &info, sizeof info, NULL, NULL, NULL) != 0 ||
        WSAIoctl(s, SO_SSL_GET_SESSION_INFO, NULL, 0, &session, sizeof session, NULL, NULL, NULL) != 0)
        return fail("SO_SSL_GET_CONNECTION_INFO", s);
    printf("version %04x, suite %04x, cipher of %u bits%s\n", session.dwVersion, session.dwCipherSuite,
        info.dwCipherStrength, session.dwFlags & SSL_SESSION_RESUMED ? ", resumed" : "");

    count = snprintf(request, sizeof request, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", argc > 3 ? argv[3] : argv[1]);
    if (send(s, request, count, 0) != count) return fail("send", s);
    /* As on Windows, select does not look at its first argument. */
    FD_ZERO(&readable);
    FD_SET(s, &readable);
    if (select(0, &readable, NULL, NULL, &patience) != 1) return fail("no answer in time", s);
    while ((count = recv(s, reply, sizeof reply, 0)) > 0) fwrite(reply, 1, (size_t)count, stdout);
    if (count < 0) return fail("recv", s);

    closesocket(s);
    WSACleanup();
    return EXIT_SUCCESS;
}
