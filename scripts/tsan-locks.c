// tsan-locks.c — shows Swift's mutexes to the thread sanitizer. Preloaded by scripts/check tsan; part of no product.
//
// On Linux, Synchronization.Mutex is a futex. Its fast paths are inlined where it is used, and are atomics that the
// sanitizer sees. What happens when two threads meet is in three functions of the standard library, which is not
// instrumented: to the sanitizer the lock was then neither taken nor released, and what it protects looks like a race. So
// these stand in front of the three, call them, and tell the sanitizer. Here rather than in the sources: what is tested is
// what is shipped.
//
// Should a later standard library have other functions, these are not called, and the false reports come back.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// The sanitizer is in the tests' program. In those without it that the preload reaches too, swift's own and what the tests
// start, these are null.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

// Methods of Synchronization._MutexHandle, with Swift's calling convention. A handle is where its one stored property is,
// the atomic of the fast paths: both kinds of path give the lock the same address.
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

static void *original(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        fprintf(stderr, "tsan-locks: the standard library has no %s\n", name);
        abort();
    }
    return function;
}

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT bool try_lock_slow(SELF void *mutex) __asm__(TRY_LOCK);
SWIFT void unlock_slow(SELF void *mutex) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
    SWIFT void (*function)(uint32_t, SELF void *) = original(LOCK);
    function(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT bool try_lock_slow(SELF void *mutex) {
    SWIFT bool (*function)(SELF void *) = original(TRY_LOCK);
    bool is_locked = function(mutex);
    if (is_locked && __tsan_acquire) __tsan_acquire(mutex);
    return is_locked;
}

SWIFT void unlock_slow(SELF void *mutex) {
    SWIFT void (*function)(SELF void *) = original(UNLOCK);
    // Before it: as soon as it is unlocked, another thread may hold it.
    if (__tsan_release) __tsan_release(mutex);
    function(mutex);
}
