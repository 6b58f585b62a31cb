// shim.h — libgcrypt for Swift. gcry_control is variadic, which Swift cannot call; these two wrappers are the whole shim.
#ifndef CGCRYPT_SHIM_H
#define CGCRYPT_SHIM_H
#include <gcrypt.h>

static inline gcry_error_t shim_gcry_control(enum gcry_ctl_cmds command) { return gcry_control(command, 0); }
static inline gcry_error_t shim_gcry_control_int(enum gcry_ctl_cmds command, int value) { return gcry_control(command, value); }

#endif
