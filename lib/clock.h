/* clock - wall and monotonic time; the only reader of a clock.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ns(void);
int64_t clock_wall_ms(void); /* since 1970-01-01T00:00:00Z; may step */
int64_t clock_mono_ms(void); /* since some start; never steps back */
int64_t clock_mono_ns(void);

#endif
