// shim.h — the Linux functions that Swift's Glibc module leaves out.
#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H
#include <sys/epoll.h>
#include <sys/eventfd.h>

// glibc declares these for _GNU_SOURCE only. Its header for sockets stays out: with two modules that hold it, which of them its
// types belong to would depend on the order in which files are compiled.
struct sockaddr;
extern int accept4(int, struct sockaddr *, unsigned int *, int);
extern char *secure_getenv(const char *);
#endif
