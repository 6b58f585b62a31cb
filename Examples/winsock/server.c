/* server.c - a secure echo server: what a client sends comes back, one client after another.
 *
 * Usage: server PORT CERTIFICATE-FILE KEY-FILE [CONNECTIONS]
 */
#include <arpa/inet.h>
#include <securewinsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: error %d\n", what, WSAGetLastError());
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    WSADATA data;
    WSAPROTOCOL_INFO list[16], *provider = NULL;
    DWORD size = sizeof list, flags = SSL_FLAG_ENABLE | SSL_FLAG_SERVER;
    SSLCREDENTIALS credentials = {SSL_TYPE_FILE, 0, {0, NULL}, {0, NULL}};
    struct sockaddr_in address = {0};
    int count, i, length = sizeof address, connections;
    SOCKET listener;

    if (argc < 4) {
        fprintf(stderr, "Usage: server PORT CERTIFICATE-FILE KEY-FILE [CONNECTIONS]\n");
        return 2;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return EXIT_FAILURE;
    count = WSAEnumProtocols(NULL, list, &size);
    for (i = 0; i < count; i++)
        if (list[i].iSecurityScheme == SECURITY_PROTOCOL_SSL && list[i].iAddressFamily == AF_INET) provider = &list[i];
    if (provider == NULL) return fail("no secure provider");

    listener = WSASocket(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, provider, 0, 0);
    if (listener == INVALID_SOCKET) return fail("WSASocket");
    credentials.Certificates.pBlobData = (BYTE *)argv[2];
    credentials.Certificates.cbSize = (ULONG)strlen(argv[2]);
    credentials.PrivateKey.pBlobData = (BYTE *)argv[3];
    credentials.PrivateKey.cbSize = (ULONG)strlen(argv[3]);
    if (WSAIoctl(listener, SO_SSL_SET_FLAGS, &flags, sizeof flags, NULL, 0, NULL, NULL, NULL) != 0)
        return fail("SO_SSL_SET_FLAGS");
    if (WSAIoctl(listener, SO_SSL_SET_CREDENTIALS, &credentials, sizeof credentials, NULL, 0, NULL, NULL, NULL) != 0)
        return fail("SO_SSL_SET_CREDENTIALS");

    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return fail("bind");
    if (listen(listener, SOMAXCONN) != 0) return fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("listening on port %u\n", ntohs(address.sin_port));
    fflush(stdout);

    for (connections = argc > 4 ? atoi(argv[4]) : -1; connections != 0; connections--) {
        char octets[16384];
        SOCKET s = WSAAccept(listener, NULL, NULL, NULL, 0);
        if (s == INVALID_SOCKET) return fail("WSAAccept");
        while ((count = recv(s, octets, sizeof octets, 0)) > 0)
            if (send(s, octets, count, 0) != count) break;
        if (count < 0) fail("recv");
        closesocket(s);
    }
    closesocket(listener);
    WSACleanup();
    return EXIT_SUCCESS;
}
