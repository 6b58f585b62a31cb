/* securewinsock.h - WinSock 2 with secure sockets, for Linux: the C face of the socket provider.
 *
 *     WSADATA data;
 *     WSAStartup(MAKEWORD(2, 2), &data);
 *     // WSAEnumProtocols, look for iProtocol == IPPROTO_TCP and iSecurityScheme == SECURITY_PROTOCOL_SSL
 *     SOCKET s = WSASocket(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0);
 *     WSAIoctl(s, SO_SSL_SET_PEERNAME, "example.org", 12, NULL, 0, NULL, NULL, NULL);
 *     WSAConnect(s, address, length, NULL, NULL, NULL, NULL);   // TCP, TLS, and the server is who it has to be
 *     send(s, ...); recv(s, ...); closesocket(s);
 *
 * Names, numbers and structures are those of WinSock 2 and of Microsoft's sslsock.h; what those lack has codes from 0x40 up.
 * A SOCKET is a file descriptor for select(), poll() and epoll. Errors are Windows' (WSAE...), from WSAGetLastError().
 * Every function may be called from any thread. Link with -lsecurewinsock.
 *
 * The names that libc has too (send, recv, connect, bind, listen, accept, select, shutdown, getpeername ...) are macros for
 * this library's own in C files that include this header. A macro renames members and variables of these names too, and does
 * so everywhere alike when this header comes before those that declare them: include it first. What was declared before (a
 * member `connect` of a structure in another header) cannot be reached by its name any more. Define
 * SECUREWINSOCK_NO_LIBC_NAMES before including to leave libc's names alone and use the securewinsock_... functions.
 *
 * In C++ such macros would rename std::bind and the methods of classes that are compiled elsewhere, so there are none: write
 * securewinsock_connect(...) and so on, or define SECUREWINSOCK_LIBC_NAMES before including this header, ahead of all
 * others, in a program that has no such methods. libc's own connect, bind, listen and accept fail for a secure socket.
 *
 * The descriptor of a secure socket is one end of a socket pair, so whatever writes to it, libc's own functions included, is
 * sealed before it leaves the machine. C99, C++11, or later.
 */
#ifndef SECUREWINSOCK_H
#define SECUREWINSOCK_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#if defined(__cplusplus) ? __cplusplus < 201103L : !defined(__STDC_VERSION__) || __STDC_VERSION__ < 199901L
#error "securewinsock.h needs C99, C++11, or later"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Types. A DWORD has 32 bits, also where long has 64. */

typedef uint8_t BYTE;
typedef uint16_t WORD;
typedef uint32_t DWORD;
typedef int32_t BOOL;
typedef int32_t INT;
typedef uint32_t UINT;
typedef int32_t LONG;
typedef uint32_t ULONG;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t DWORD_PTR;
typedef size_t SIZE_T;
typedef char CHAR;
typedef void *PVOID;
typedef void *LPVOID;
typedef DWORD *LPDWORD;
typedef INT *LPINT;
typedef CHAR *LPSTR;
typedef BYTE *LPBYTE;
typedef void *HANDLE;
typedef void *HLOCAL;
typedef int SOCKET;
typedef uint32_t GROUP;
typedef uint32_t ALG_ID;

typedef struct _GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID;

typedef struct _BLOB {
    ULONG cbSize;
    BYTE *pBlobData;
} BLOB, *LPBLOB;

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

#define INVALID_SOCKET (-1)
#define SOCKET_ERROR (-1)
#define FROM_PROTOCOL_INFO (-1)

#define MAKEWORD(low, high) ((WORD)(((BYTE)(low)) | ((WORD)((BYTE)(high))) << 8))
#define LOBYTE(word) ((BYTE)((word) & 0xff))
#define HIBYTE(word) ((BYTE)(((word) >> 8) & 0xff))

/* Starting and ending. */

#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128

typedef struct WSAData {
    WORD wVersion;
    WORD wHighVersion;
    unsigned short iMaxSockets;
    unsigned short iMaxUdpDg;
    char *lpVendorInfo;
    char szDescription[WSADESCRIPTION_LEN + 1];
    char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

/* Memory. */

#define LMEM_FIXED 0x0000
#define LMEM_ZEROINIT 0x0040
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)

/* The catalogue. */

#define WSAPROTOCOL_LEN 255
#define MAX_PROTOCOL_CHAIN 7
#define BASE_PROTOCOL 1
#define LAYERED_PROTOCOL 0

#define XP1_CONNECTIONLESS 0x00000001
#define XP1_GUARANTEED_DELIVERY 0x00000002
#define XP1_GUARANTEED_ORDER 0x00000004
#define XP1_MESSAGE_ORIENTED 0x00000008
#define XP1_PSEUDO_STREAM 0x00000010
#define XP1_GRACEFUL_CLOSE 0x00000020
#define XP1_EXPEDITED_DATA 0x00000040
#define XP1_IFS_HANDLES 0x00020000

#define PFL_MULTIPLE_PROTO_ENTRIES 0x00000001
#define PFL_RECOMMENDED_PROTO_ENTRY 0x00000002
#define PFL_HIDDEN 0x00000004
#define PFL_MATCHES_PROTOCOL_ZERO 0x00000008

#define BIGENDIAN 0x0000
#define LITTLEENDIAN 0x0001

#define SECURITY_PROTOCOL_NONE 0x0000
#define SECURITY_PROTOCOL_SSL 0x0001

typedef struct _WSAPROTOCOLCHAIN {
    int ChainLen;
    DWORD ChainEntries[MAX_PROTOCOL_CHAIN];
} WSAPROTOCOLCHAIN, *LPWSAPROTOCOLCHAIN;

typedef struct _WSAPROTOCOL_INFO {
    DWORD dwServiceFlags1;
    DWORD dwServiceFlags2;
    DWORD dwServiceFlags3;
    DWORD dwServiceFlags4;
    DWORD dwProviderFlags;
    GUID ProviderId;
    DWORD dwCatalogEntryId;
    WSAPROTOCOLCHAIN ProtocolChain;
    int iVersion;
    int iAddressFamily;
    int iMaxSockAddr;
    int iMinSockAddr;
    int iSocketType;
    int iProtocol;
    int iProtocolMaxOffset;
    int iNetworkByteOrder;
    int iSecurityScheme;
    DWORD dwMessageSize;
    DWORD dwProviderReserved;
    CHAR szProtocol[WSAPROTOCOL_LEN + 1];
} WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;

/* Transfer. */

typedef struct _WSABUF {
    ULONG len;
    CHAR *buf;
} WSABUF, *LPWSABUF;

typedef HANDLE WSAEVENT, *LPWSAEVENT;
#define WSA_INVALID_EVENT ((WSAEVENT)0)

typedef struct _WSAOVERLAPPED {
    ULONG_PTR Internal;     /* the library's: the state of the operation */
    ULONG_PTR InternalHigh; /* the library's: octets moved */
    DWORD Offset;
    DWORD OffsetHigh;
    WSAEVENT hEvent;
} WSAOVERLAPPED, *LPWSAOVERLAPPED;

typedef void (*LPWSAOVERLAPPED_COMPLETION_ROUTINE)(
    DWORD dwError, DWORD cbTransferred, LPWSAOVERLAPPED lpOverlapped, DWORD dwFlags);

/* Accepted for the signatures' sake; a program gives NULL. */
typedef struct _QualityOfService QOS, *LPQOS;
typedef int (*LPCONDITIONPROC)(LPWSABUF, LPWSABUF, LPQOS, LPQOS, LPWSABUF, LPWSABUF, GROUP *, DWORD_PTR);

#define WSA_FLAG_OVERLAPPED 0x01

#define SD_RECEIVE 0
#define SD_SEND 1
#define SD_BOTH 2

#define WSA_WAIT_EVENT_0 0
#define WSA_WAIT_IO_COMPLETION 0xC0
#define WSA_WAIT_TIMEOUT 258
#define WSA_WAIT_FAILED 0xFFFFFFFF
#define WSA_MAXIMUM_WAIT_EVENTS 64
#define WSA_INFINITE 0xFFFFFFFF

/* Errors: Windows' numbers. */

#define WSA_INVALID_HANDLE 6
#define WSA_NOT_ENOUGH_MEMORY 8
#define WSA_INVALID_PARAMETER 87
#define WSA_OPERATION_ABORTED 995
#define WSA_IO_INCOMPLETE 996
#define WSA_IO_PENDING 997
#define WSAEINTR 10004
#define WSAEBADF 10009
#define WSAEACCES 10013
#define WSAEFAULT 10014
#define WSAEINVAL 10022
#define WSAEMFILE 10024
#define WSAEWOULDBLOCK 10035
#define WSAEINPROGRESS 10036
#define WSAEALREADY 10037
#define WSAENOTSOCK 10038
#define WSAEDESTADDRREQ 10039
#define WSAEMSGSIZE 10040
#define WSAEPROTOTYPE 10041
#define WSAENOPROTOOPT 10042
#define WSAEPROTONOSUPPORT 10043
#define WSAESOCKTNOSUPPORT 10044
#define WSAEOPNOTSUPP 10045
#define WSAEPFNOSUPPORT 10046
#define WSAEAFNOSUPPORT 10047
#define WSAEADDRINUSE 10048
#define WSAEADDRNOTAVAIL 10049
#define WSAENETDOWN 10050
#define WSAENETUNREACH 10051
#define WSAENETRESET 10052
#define WSAECONNABORTED 10053
#define WSAECONNRESET 10054
#define WSAENOBUFS 10055
#define WSAEISCONN 10056
#define WSAENOTCONN 10057
#define WSAESHUTDOWN 10058
#define WSAETIMEDOUT 10060
#define WSAECONNREFUSED 10061
#define WSAEHOSTUNREACH 10065
#define WSASYSNOTREADY 10091
#define WSAVERNOTSUPPORTED 10092
#define WSANOTINITIALISED 10093
#define WSAECANCELLED 10103
#define WSASYSCALLFAILURE 10107
#define WSAHOST_NOT_FOUND 11001
#define WSATRY_AGAIN 11002
#define WSANO_RECOVERY 11003

/* Control codes. Each is written as its number; the assertions below tie the numbers to their parts. */

/* Linux has macros of these names for its own codes, in the other direction. */
#undef IOC_IN
#undef IOC_OUT
#undef IOC_INOUT
#define IOC_VOID 0x20000000
#define IOC_OUT 0x40000000
#define IOC_IN 0x80000000u
#define IOC_INOUT (IOC_IN | IOC_OUT)
#define _SO_SSL 0x10730000

#define SO_SSL_GET_CAPABILITIES 0x50730001u       /* DWORD: SSL_CAPABILITY_... */
#define SO_SSL_GET_FLAGS 0x50730002u              /* DWORD: SSL_FLAG_... */
#define SO_SSL_SET_FLAGS 0x90730002u
#define SO_SSL_GET_PROTOCOLS 0x50730003u          /* SSLPROTOCOLS */
#define SO_SSL_SET_PROTOCOLS 0x90730003u
#define SO_SSL_GET_CIPHERS 0xd0730004u            /* SSLCIPHERS; dwProtocol is read */
#define SO_SSL_SET_CIPHERS 0x90730004u
#define SO_SSL_GET_CLIENT_OPTS 0x50730005u        /* SSLCLIENTOPTS */
#define SO_SSL_SET_CLIENT_OPTS 0x90730005u
#define SO_SSL_GET_SERVER_OPTS 0x50730006u        /* SSLSERVEROPTS */
#define SO_SSL_SET_SERVER_OPTS 0x90730006u
#define SO_SSL_GET_CLIENT_AUTH_OPTS 0x50730007u   /* SSLCLIENTAUTHOPTS */
#define SO_SSL_SET_CLIENT_AUTH_OPTS 0x90730007u
#define SO_SSL_GET_VALIDATE_CERT_HOOK 0x50730008u /* SSLVALIDATECERTHOOK */
#define SO_SSL_SET_VALIDATE_CERT_HOOK 0x90730008u
#define SO_SSL_GET_AUTH_REQUEST_HOOK 0x50730009u  /* SSLAUTHREQUESTHOOK */
#define SO_SSL_SET_AUTH_REQUEST_HOOK 0x90730009u
#define SO_SSL_GET_KEY_EXCH_HOOK 0x5073000au      /* SSLKEYEXCHANGEHOOK */
#define SO_SSL_SET_KEY_EXCH_HOOK 0x9073000au
#define SO_SSL_GET_SIGNATURE_HOOK 0x5073000bu     /* SSLSIGNATUREHOOK */
#define SO_SSL_SET_SIGNATURE_HOOK 0x9073000bu
#define SO_SSL_PERFORM_HANDSHAKE 0x1073000du      /* nothing, or the server's name with its NUL */
#define SO_SSL_GET_CONNECTION_INFO 0x5073000eu    /* SSLCONNECTIONINFO */
#define SO_SSL_SET_PEERNAME 0x9073000fu           /* the peer's name with its NUL */

/* This library's own. */
#define SO_SSL_GET_PEER_CERTS 0x50730040u         /* SSLPEERCERTS, the leaf first */
#define SO_SSL_SET_CREDENTIALS 0x90730041u        /* SSLCREDENTIALS */
#define SO_SSL_SET_TRUST 0x90730042u              /* SSLTRUST */
#define SO_SSL_GET_ALPN 0x50730043u               /* the protocol agreed on, with its NUL */
#define SO_SSL_SET_ALPN 0x90730043u               /* names as RFC 7301 has them: each after an octet with its length */
#define SO_SSL_GET_SESSION_INFO 0x50730044u       /* SSLSESSIONINFO */
#define SO_SSL_PURGE_SESSIONS 0x10730045u         /* nothing */
#define SO_SSL_GET_LAST_ALERT 0x50730046u         /* SSLALERT */
#define SO_SSL_RENEGOTIATE 0x10730047u            /* nothing; TLS 1.3: both keys anew */
#define SO_SSL_SEND_CLOSE_NOTIFY 0x10730048u      /* nothing */
#define SO_SSL_GET_ERROR_TEXT 0x50730049u         /* why the socket failed, with its NUL */
#define SO_SSL_GET_POLICY 0x5073004au             /* the administrator's policy in force, as JSON with its NUL */
#define SO_SSL_GET_WEAKNESSES 0x5073004bu         /* DWORD: SSL_WEAK_... */
#define SO_SSL_SET_WEAKNESSES 0x9073004bu

#define SSL_CAPABILITY_CLIENT 0x00000001
#define SSL_CAPABILITY_SERVER 0x00000002
#define SSL_CAPABILITY_CLIENT_AUTH 0x00000004
#define SSL_CAPABILITY_CRYPTOAPI 0x00000008

#define SSL_FLAG_ENABLE 0x00000001
#define SSL_FLAG_SERVER 0x00000002
#define SSL_FLAG_AUTH_CLIENT 0x00000004
#define SSL_FLAG_DEFER_HANDSHAKE 0x00000008

#define SSL_PROTOCOL_PCT1 1
#define SSL_PROTOCOL_SSL2 2
#define SSL_PROTOCOL_SSL3 3
#define SSL_PROTOCOL_TLS1 4
#define SSL_PROTOCOL_TLS1_1 5
#define SSL_PROTOCOL_TLS1_2 6
#define SSL_PROTOCOL_TLS1_3 7

typedef struct _SSLPROTOCOL {
    DWORD dwProtocol; /* SSL_PROTOCOL_... */
    DWORD dwVersion;  /* the version on the wire, as 0x0304 */
    DWORD dwFlags;    /* 0 */
} SSLPROTOCOL, *LPSSLPROTOCOL;

typedef struct _SSLPROTOCOLS {
    DWORD dwCount;
    SSLPROTOCOL ProtocolList[1];
} SSLPROTOCOLS, *LPSSLPROTOCOLS;

typedef struct _SSLCIPHERS {
    DWORD dwProtocol;
    DWORD dwCount;
    DWORD CipherList[1]; /* numbers of cipher suites, best first */
} SSLCIPHERS, *LPSSLCIPHERS;

/* What cipher suites of TLS 1.2 can cost. Each has to be accepted before SO_SSL_SET_CIPHERS takes suites that have it. */
#define SSL_WEAK_CBC_PADDING_TIMING 0x00000001     /* CBC: what a padding check costs in time may tell */
#define SSL_WEAK_GROUP_CHOSEN_BY_SERVER 0x00000002 /* DHE: the server chooses the group */
#define SSL_WEAK_NO_FORWARD_SECRECY 0x00000004     /* RSA: who gets the key can read all that was recorded */

typedef struct _SSLCLIENTOPTS {
    time_t CacheTimeout; /* seconds for which a session may be resumed; 0 for no sessions */
    DWORD dwCacheEntries;
    DWORD dwFlags;       /* SSL_OPTS_... */
} SSLCLIENTOPTS, *LPSSLCLIENTOPTS;

typedef SSLCLIENTOPTS SSLSERVEROPTS, *LPSSLSERVEROPTS;

#define SSL_OPTS_NO_REUSE 0x00000001 /* sessions are not resumed */

typedef struct _SSLCONNECTIONINFO {
    DWORD dwProtocol; /* SP_PROT_... */
    ALG_ID aiCipher;
    DWORD dwCipherStrength;
    ALG_ID aiHash;
    DWORD dwHashStrength;
    ALG_ID aiExch;
    DWORD dwExchStrength;
} SSLCONNECTIONINFO, *LPSSLCONNECTIONINFO;

#define SP_PROT_TLS1_2_SERVER 0x00000400
#define SP_PROT_TLS1_2_CLIENT 0x00000800
#define SP_PROT_TLS1_3_SERVER 0x00001000
#define SP_PROT_TLS1_3_CLIENT 0x00002000

#define CALG_SHA 0x00008004
#define CALG_SHA_256 0x0000800c
#define CALG_SHA_384 0x0000800d
#define CALG_AES_128 0x0000660e
#define CALG_AES_256 0x00006610
#define CALG_RSA_KEYX 0x0000a400
#define CALG_DH_EPHEM 0x0000aa02
#define CALG_ECDH_EPHEM 0x0000ae06
/* CryptoAPI has no number for it: this library's own. */
#define CALG_CHACHA20_POLY1305 0x00006680

typedef struct _SSLCLIENTAUTHOPTS {
    DWORD dwRequestClientAuth; /* SSL_AUTH_... */
    DWORD dwRedoHandshake;     /* 0: nothing is renegotiated */
    DWORD dwType;              /* SSL_CERT_X509 */
    DWORD dwIssuerCount;
    LPBLOB pIssuerList;        /* authorities that may issue clients' certificates, in DER; none: those of SO_SSL_SET_TRUST */
    DWORD dwFlags;             /* 0 */
} SSLCLIENTAUTHOPTS, *LPSSLCLIENTAUTHOPTS;

#define SSL_AUTH_NONE 0     /* clients are not asked */
#define SSL_AUTH_OPTIONAL 1 /* they are, and may have none */
#define SSL_AUTH_REQUIRED 2 /* they are, and without one they are refused */

#define SSL_CERT_X509 1

/* Everything that is wrong with a peer: the issuer, the name and the dates are looked at one by one. Who passes over one of
 * them has to see that no other is set. Whatever else is wrong with the path, its issuer counts as unknown. */
#define SSL_CERT_FLAG_ISSUER_UNKNOWN 0x00000001
#define SSL_CERT_FLAG_WRONG_NAME 0x00000002
#define SSL_CERT_FLAG_EXPIRED 0x00000004
#define SSL_CERT_FLAG_BAD_SIGNATURE 0x00000008
#define SSL_CERT_FLAG_OTHER 0x00000010

/* What hooks answer. */
#define SSL_ERR_OKAY 0
#define SSL_ERR_FAILED 2
#define SSL_ERR_BAD_LEN 3
#define SSL_ERR_BAD_TYPE 4
#define SSL_ERR_BAD_DATA 5
#define SSL_ERR_NO_CERT 6
#define SSL_ERR_BAD_SIG 7
#define SSL_ERR_CERT_EXPIRED 8
#define SSL_ERR_CERT_REVOKED 9
#define SSL_ERR_CERT_UNKNOWN 10
#define SSL_ERR_SIGNATURE 11

/* Hooks. Function and argument are the program's, and have to be there until closesocket returns: it waits for hooks that run,
 * unless one of them calls it, and none is called afterwards. Each call is on a thread of its own with no lock held; a hook may
 * wait and use the interface. A resumed connection asks no hook; only with an argument of NULL are sessions shared at all. */

/* Decides whether the peer is accepted: the whole chain, the leaf first, and what the library has against it in dwFlags; 0
 * when it has nothing. */
typedef int (*SSLVALIDATECERTFUNC)(DWORD dwType, LPVOID pvArg, DWORD dwChainLen, LPBLOB pCertChain, DWORD dwFlags);

typedef struct _SSLVALIDATECERTHOOK {
    SSLVALIDATECERTFUNC HookFunc;
    LPVOID pvArg;
} SSLVALIDATECERTHOOK, *LPSSLVALIDATECERTHOOK;

/* Chooses a client's certificate when a server asks for one. pIssuerList has the names of the authorities that the server
 * accepts, each in DER; none when any will do. The hook gives the chain, the leaf first, each certificate in DER, and the
 * number of them; the library copies it as soon as the hook returns, and frees nothing. The key that signs is that of
 * SO_SSL_SET_CREDENTIALS when the leaf is the one set there, and else the signature hook's. SSL_ERR_NO_CERT, any other error
 * and a chain that is none: no certificate, with which the server may refuse the client. */
typedef int (*SSLAUTHREQUESTFUNC)(
    DWORD dwType, LPVOID pvArg, DWORD dwIssuerCount, LPBLOB pIssuerList, DWORD dwFlags, LPDWORD pdwChainLen,
    LPBLOB *ppCertChain);

typedef struct _SSLAUTHREQUESTHOOK {
    SSLAUTHREQUESTFUNC HookFunc;
    LPVOID pvArg;
} SSLAUTHREQUESTHOOK, *LPSSLAUTHREQUESTHOOK;

/* Decrypts with a server's RSA key that is elsewhere, for TLS 1.2 without forward secrecy: SSL_WEAK_NO_FORWARD_SECRECY has
 * to be accepted, and SO_SSL_SET_CIPHERS to name such suites. dwType is EXCH_RSADECRYPT; pDst gets the bare RSA operation on
 * pSrc, as long as the modulus, with its padding: the library takes that off, in constant time. A hook that took it off, and
 * told whether it was right, would give the key away. An error ends the handshake at Finished, as what a client garbled
 * does. Nothing is encrypted here: that takes no secret, and the library does it. */
typedef int (*SSLKEYEXCHANGEFUNC)(
    DWORD dwType, LPVOID pvArg, const BYTE *pSrc, DWORD dwSrcLen, DWORD dwFlags, BYTE *pDst, LPDWORD pdwDstLen);

#define EXCH_RSAENCRYPT 1
#define EXCH_RSADECRYPT 2

typedef struct _SSLKEYEXCHANGEHOOK {
    SSLKEYEXCHANGEFUNC HookFunc;
    LPVOID pvArg;
} SSLKEYEXCHANGEHOOK, *LPSSLKEYEXCHANGEHOOK;

/* Signs with a key that is elsewhere: the certificates are set with SO_SSL_SET_CREDENTIALS and an empty PrivateKey. dwType is
 * the number of the signature scheme (RFC 8446 §4.2.3); pSrc is the whole message, which has yet to be hashed. */
typedef int (*SSLSIGNATUREFUNC)(
    DWORD dwType, LPVOID pvArg, const BYTE *pSrc, DWORD dwSrcLen, DWORD dwFlags, BYTE *pDst, LPDWORD pdwDstLen);

typedef struct _SSLSIGNATUREHOOK {
    SSLSIGNATUREFUNC HookFunc;
    LPVOID pvArg;
} SSLSIGNATUREHOOK, *LPSSLSIGNATUREHOOK;

#define SSL_TYPE_SYSTEM 0 /* trust: the machine's own store */
#define SSL_TYPE_FILE 1   /* the name of a file */
#define SSL_TYPE_PEM 2    /* the octets of such a file */

typedef struct _SSLCREDENTIALS {
    DWORD dwType;      /* SSL_TYPE_FILE or SSL_TYPE_PEM */
    DWORD dwFlags;     /* 0 */
    BLOB Certificates; /* the leaf first, then what leads to the authority */
    BLOB PrivateKey;   /* PKCS #8, PKCS #1 or SEC1 */
} SSLCREDENTIALS, *LPSSLCREDENTIALS;

typedef struct _SSLTRUST {
    DWORD dwType; /* SSL_TYPE_... */
    DWORD dwFlags; /* 0 */
    BLOB Anchors;
} SSLTRUST, *LPSSLTRUST;

typedef struct _SSLPEERCERTS {
    DWORD dwType;  /* SSL_CERT_X509 */
    DWORD dwCount;
    BLOB CertList[1]; /* DER, inside the caller's buffer */
} SSLPEERCERTS, *LPSSLPEERCERTS;

typedef struct _SSLSESSIONINFO {
    DWORD dwFlags;       /* SSL_SESSION_... */
    DWORD dwVersion;     /* as on the wire */
    DWORD dwCipherSuite; /* its number */
    DWORD dwGroup;       /* the number of the key exchange's group; 0 for none */
} SSLSESSIONINFO, *LPSSLSESSIONINFO;

#define SSL_SESSION_RESUMED 0x00000001

typedef struct _SSLALERT {
    DWORD dwOrigin; /* SSL_ALERT_... */
    DWORD dwAlert;  /* RFC 8446 §6 */
} SSLALERT, *LPSSLALERT;

#define SSL_ALERT_NONE 0
#define SSL_ALERT_SENT 1
#define SSL_ALERT_RECEIVED 2

/* Functions. Each that fails says why in WSAGetLastError(), which is this thread's own. */

int WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
int WSACleanup(void);
int WSAGetLastError(void);
void WSASetLastError(int iError);

HLOCAL LocalAlloc(UINT uFlags, SIZE_T uBytes);
HLOCAL LocalFree(HLOCAL hMem);

int WSAEnumProtocols(LPINT lpiProtocols, LPWSAPROTOCOL_INFO lpProtocolBuffer, LPDWORD lpdwBufferLength);
SOCKET WSASocket(int af, int type, int protocol, LPWSAPROTOCOL_INFO lpProtocolInfo, GROUP g, DWORD dwFlags);
int WSAIoctl(
    SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer, LPVOID lpvOutBuffer, DWORD cbOutBuffer,
    LPDWORD lpcbBytesReturned, LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);

int WSAConnect(
    SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData, LPWSABUF lpCalleeData, LPQOS lpSQOS,
    LPQOS lpGQOS);
SOCKET WSAAccept(
    SOCKET s, struct sockaddr *addr, LPINT addrlen, LPCONDITIONPROC lpfnCondition, DWORD_PTR dwCallbackData);
int WSASend(
    SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent, DWORD dwFlags,
    LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
int WSARecv(
    SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags,
    LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
int closesocket(SOCKET s);
int ioctlsocket(SOCKET s, long cmd, unsigned long *argp);

/* Overlapped transfer: WSASend and WSARecv with an OVERLAPPED begin, and go on after they return.
 *
 * A result of 0 means that the transfer is over already; the event is set, or the routine queued, all the same. SOCKET_ERROR
 * with WSA_IO_PENDING means that it goes on. Any other error means that it never began, and nothing is set or queued. A send
 * is over when everything was taken, a receive when something is there, or the end of data (0 octets); into no room at all,
 * when something could be received. The array of buffers is read during the call; the memory they point at, and the
 * OVERLAPPED, are the library's until the transfer is over. Transfers of a socket in one direction are done in the order in
 * which they began; at most 1024 wait (WSAENOBUFS); what send or recv moves meanwhile comes anywhere among them.
 * shutdown(SD_SEND) takes effect after the sends that wait. closesocket and the last WSACleanup end what waits with
 * WSA_OPERATION_ABORTED, before they return; after close(2) it ends when the descriptor next becomes ready. Every stream
 * socket will do, however it was made. WSAIoctl is always over when it returns. WSAEINVAL: a routine without an OVERLAPPED,
 * or an OVERLAPPED that is in use. WSA_INVALID_HANDLE: hEvent is not 0 and no event.
 *
 * How the end is told: hEvent, if it is not 0 and there is no routine, is reset at the beginning and set at the end;
 * Internal changes from WSA_IO_PENDING to 0 or an error; WSAGetOverlappedResult answers, or waits, with or without an event,
 * also after closesocket. A completion routine is called on the thread that began the transfer, when that thread waits
 * alertably: in WSAWaitForMultipleEvents with fAlertable or in SleepEx, which return WSA_WAIT_IO_COMPLETION then. Routines
 * that are queued meanwhile have their turn in the next wait. A routine may call anything here. When its thread ends first,
 * it is never called. */

/* Events: set until they are reset. A handle is a number that is given once and points nowhere. */
WSAEVENT WSACreateEvent(void);
BOOL WSACloseEvent(WSAEVENT hEvent);
BOOL WSASetEvent(WSAEVENT hEvent);
BOOL WSAResetEvent(WSAEVENT hEvent);
/* Events that are set come before routines that are queued. WSA_INVALID_PARAMETER: none, more than WSA_MAXIMUM_WAIT_EVENTS,
 * NULL, or one twice when all are waited for. WSA_INVALID_HANDLE: one is no event, or was closed meanwhile. */
DWORD WSAWaitForMultipleEvents(
    DWORD cEvents, const WSAEVENT *lphEvents, BOOL fWaitAll, DWORD dwTimeout, BOOL fAlertable);
BOOL WSAGetOverlappedResult(
    SOCKET s, LPWSAOVERLAPPED lpOverlapped, LPDWORD lpcbTransfer, BOOL fWait, LPDWORD lpdwFlags);
/* 0 when the time is over, WSA_WAIT_IO_COMPLETION when routines ran first. */
DWORD SleepEx(DWORD dwMilliseconds, BOOL bAlertable);

/* WinSock's versions of what libc has too. */

SOCKET securewinsock_socket(int af, int type, int protocol);
int securewinsock_connect(SOCKET s, const struct sockaddr *name, int namelen);
int securewinsock_bind(SOCKET s, const struct sockaddr *name, int namelen);
int securewinsock_listen(SOCKET s, int backlog);
SOCKET securewinsock_accept(SOCKET s, struct sockaddr *addr, int *addrlen);
int securewinsock_send(SOCKET s, const char *buf, int len, int flags);
int securewinsock_recv(SOCKET s, char *buf, int len, int flags);
int securewinsock_shutdown(SOCKET s, int how);
/* nfds is not looked at, as on Windows. A set has descriptors below FD_SETSIZE; for others there is poll(). WSAEINVAL: the
 * sets are empty. WSAENOTSOCK: one is no descriptor. The time is not changed, and a signal does not end the wait. */
int securewinsock_select(
    int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds, const struct timeval *timeout);
int securewinsock_getpeername(SOCKET s, struct sockaddr *name, int *namelen);
int securewinsock_getsockname(SOCKET s, struct sockaddr *name, int *namelen);
/* Of a secure socket: SO_ERROR (a WSAE... number), SO_TYPE, SO_RCVTIMEO and SO_SNDTIMEO (struct timeval). */
int securewinsock_getsockopt(SOCKET s, int level, int optname, char *optval, int *optlen);
int securewinsock_setsockopt(SOCKET s, int level, int optname, const char *optval, int optlen);

#if !defined(SECUREWINSOCK_NO_LIBC_NAMES) && (!defined(__cplusplus) || defined(SECUREWINSOCK_LIBC_NAMES))
#define socket securewinsock_socket
#define connect securewinsock_connect
#define bind securewinsock_bind
#define listen securewinsock_listen
#define accept securewinsock_accept
#define send securewinsock_send
#define recv securewinsock_recv
#define select securewinsock_select
#define shutdown securewinsock_shutdown
#define getpeername securewinsock_getpeername
#define getsockname securewinsock_getsockname
#define getsockopt securewinsock_getsockopt
#define setsockopt securewinsock_setsockopt
#endif

/* The layout is part of the interface. */

#ifdef __cplusplus
#define SECUREWINSOCK_ASSERT(what) static_assert(what, #what)
#elif __STDC_VERSION__ >= 201112L
#define SECUREWINSOCK_ASSERT(what) _Static_assert(what, #what)
#else /* C99: an array of a negative size is an error. */
#define SECUREWINSOCK_ASSERT(what) extern char securewinsock_assertion[(what) ? 1 : -1]
#endif
SECUREWINSOCK_ASSERT(sizeof(DWORD) == 4);
SECUREWINSOCK_ASSERT(sizeof(GUID) == 16);
SECUREWINSOCK_ASSERT(sizeof(WSAPROTOCOLCHAIN) == 32);
SECUREWINSOCK_ASSERT(sizeof(SSLSESSIONINFO) == 16);
SECUREWINSOCK_ASSERT(sizeof(SSLALERT) == 8);
SECUREWINSOCK_ASSERT(sizeof(WSAPROTOCOL_INFO) == 372);
SECUREWINSOCK_ASSERT(offsetof(WSAPROTOCOL_INFO, iSecurityScheme) == 104);
SECUREWINSOCK_ASSERT(offsetof(WSAPROTOCOL_INFO, szProtocol) == 116);
SECUREWINSOCK_ASSERT(sizeof(SSLPROTOCOL) == 12);
SECUREWINSOCK_ASSERT(sizeof(SSLPROTOCOLS) == 16);
SECUREWINSOCK_ASSERT(sizeof(SSLCIPHERS) == 12);
SECUREWINSOCK_ASSERT(sizeof(SSLCONNECTIONINFO) == 28);
#ifdef __LP64__
SECUREWINSOCK_ASSERT(sizeof(SSLCLIENTAUTHOPTS) == 32);
SECUREWINSOCK_ASSERT(sizeof(SSLVALIDATECERTHOOK) == 16);
SECUREWINSOCK_ASSERT(sizeof(SSLAUTHREQUESTHOOK) == 16);
SECUREWINSOCK_ASSERT(sizeof(SSLKEYEXCHANGEHOOK) == 16);
SECUREWINSOCK_ASSERT(sizeof(SSLSIGNATUREHOOK) == 16);
SECUREWINSOCK_ASSERT(sizeof(BLOB) == 16);
SECUREWINSOCK_ASSERT(sizeof(WSABUF) == 16);
SECUREWINSOCK_ASSERT(sizeof(WSAOVERLAPPED) == 32);
SECUREWINSOCK_ASSERT(sizeof(SSLCLIENTOPTS) == 16);
SECUREWINSOCK_ASSERT(sizeof(SSLCREDENTIALS) == 40);
SECUREWINSOCK_ASSERT(sizeof(SSLTRUST) == 24);
SECUREWINSOCK_ASSERT(sizeof(SSLPEERCERTS) == 24);
SECUREWINSOCK_ASSERT(sizeof(WSADATA) == 408);
#endif
SECUREWINSOCK_ASSERT(SO_SSL_GET_FLAGS == (IOC_OUT | _SO_SSL | 0x02));
SECUREWINSOCK_ASSERT(SO_SSL_SET_FLAGS == (IOC_IN | _SO_SSL | 0x02));
SECUREWINSOCK_ASSERT(SO_SSL_GET_CIPHERS == (IOC_INOUT | _SO_SSL | 0x04));
SECUREWINSOCK_ASSERT(SO_SSL_SET_CLIENT_OPTS == (IOC_IN | _SO_SSL | 0x05));
SECUREWINSOCK_ASSERT(SO_SSL_PERFORM_HANDSHAKE == (_SO_SSL | 0x0d));
SECUREWINSOCK_ASSERT(SO_SSL_GET_CONNECTION_INFO == (IOC_OUT | _SO_SSL | 0x0e));
SECUREWINSOCK_ASSERT(SO_SSL_SET_PEERNAME == (IOC_IN | _SO_SSL | 0x0f));
SECUREWINSOCK_ASSERT(SO_SSL_GET_PEER_CERTS == (IOC_OUT | _SO_SSL | 0x40));

#ifdef __cplusplus
}
#endif

#endif
