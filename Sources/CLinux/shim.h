// shim.h — the Linux headers that Swift's Glibc module leaves out.
#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// glibc declares accept4 for _GNU_SOURCE only.
extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern char *secure_getenv(const char *);
#endif
