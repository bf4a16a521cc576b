/* Talking to a debugger or to QEMU (Arm, "Semihosting for AArch32 and AArch64"). A product sends over a UART instead. */

#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

void semihosting_print(const char *text);

__attribute__((noreturn)) void semihosting_exit(int code);

#endif /* SEMIHOSTING_H */
