// shim.h — libgcrypt for Swift. gcry_control is variadic, which Swift cannot call; besides its two wrappers there is only
// the barrier that keeps the optimiser from reasoning about a byte, which no Swift source can express.
#ifndef CGCRYPT_SHIM_H
#define CGCRYPT_SHIM_H
#include <gcrypt.h>

static inline gcry_error_t shim_gcry_control(enum gcry_ctl_cmds command) { return gcry_control(command, 0); }
static inline gcry_error_t shim_gcry_control_int(enum gcry_ctl_cmds command, int value) { return gcry_control(command, value); }

// Returns its argument, and the compiler cannot know that it does.
static inline unsigned char shim_opaque(unsigned char value) {
    __asm__ volatile("" : "+r"(value));
    return value;
}

#endif
